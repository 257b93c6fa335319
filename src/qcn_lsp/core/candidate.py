"""A candidate: a place an in-process analyzer suspects."""

from collections.abc import Iterable
from dataclasses import dataclass

from qcn_lsp.core.positions import LineRange, Span
from qcn_lsp.core.severity import Severity


@dataclass(frozen=True, slots=True)
class Candidate:
    """What an analyzer suspects, before a model has looked.

    Args:
        rule: The analyzer and its rule, `ruff:S608` or `ast-grep:go-sql-concat`.
        cwe: The weakness' number.
        severity: The rule's severity.
        span: The suspicious expression.
        message: One sentence for the user, without a final full stop.
    """

    rule: str
    cwe: int
    severity: Severity
    span: Span
    message: str


def candidates_in(lines: LineRange, candidates: Iterable[Candidate]) -> list[Candidate]:
    """The candidates that begin in these lines, in the order given."""
    return [one for one in candidates if one.span.start.line in lines]
