"""Which units are reviewed: those whose meaning is new."""

from collections.abc import Iterable

from qcn_lsp.core.candidate import Candidate, candidates_in
from qcn_lsp.core.unit import Unit


def units_in_scope(units: Iterable[Unit], base: frozenset[str] | None) -> tuple[Unit, ...]:
    """The units worth reviewing.

    Args:
        units: The units of the file as it is now.
        base: Digests of the units at the base revision; None where everything counts as new.

    Units of comments and white space alone never are. Since digests ignore both, and places, a unit that was only
    moved, re-indented or commented is not either.
    """
    return tuple(unit for unit in units if unit.digest and (base is None or unit.digest not in base))


def risk(unit: Unit, candidates: Iterable[Candidate]) -> int:
    """How urgent a review is: 0 without a candidate in the unit, 4 with a critical one."""
    return max((one.severity.rank + 1 for one in candidates_in(unit.lines, candidates)), default=0)
