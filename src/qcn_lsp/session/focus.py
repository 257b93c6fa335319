"""Analyzes after an edit only what the edit touched.

The analyzers' rules look at functions and at what surrounds them (imports, class headers, module code). As long as the
surroundings are the same, a function with the same text has the same candidates; the others are analyzed in a copy of
the file in which the untouched functions are blank lines, so that places stay those of the file.
"""

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass, replace

from qcn_lsp.core.candidate import Candidate, candidates_in
from qcn_lsp.core.document import Document
from qcn_lsp.core.positions import Position, Span
from qcn_lsp.core.unit import Unit, UnitKind

# What stands for an untouched function where nothing would be wrong syntax: a Python class needs a body.
_PLACEHOLDERS = {"python": "pass"}
_MOVABLE = frozenset({UnitKind.FUNCTION, UnitKind.METHOD})


@dataclass(frozen=True, slots=True)
class Analyzed:
    """One analyzed state of a file: its lines, its units, and the candidates in them."""

    lines: Sequence[str]
    units: Sequence[Unit]
    candidates: Sequence[Candidate]


@dataclass(frozen=True, slots=True)
class Focus:
    """What is left to analyze.

    Args:
        text: The file with untouched functions blanked, or the whole file.
        kept: Candidates of the untouched functions, at their places now.
    """

    text: str
    kept: tuple[Candidate, ...] = ()


def focus(document: Document, units: Sequence[Unit], before: Analyzed | None, *, broken: bool = False) -> Focus:
    """Finds what an edit touched.

    Args:
        document: The file now.
        units: Its units.
        before: The state before the edit, None if there is none.
        broken: Whether the text has syntax errors. Some analyzers then say nothing at all, and where units begin is a
            guess, so functions that still read the same keep their candidates whatever became of their surroundings.
    """
    lines = document.lines
    if before is None or not (broken or _surroundings(lines, units) == _surroundings(before.lines, before.units)):
        return Focus(document.text)
    known: dict[tuple[str, ...], list[Unit]] = defaultdict(list)
    for unit in before.units:
        if unit.kind in _MOVABLE:
            known[_text(before.lines, unit)].append(unit)
    kept: list[Candidate] = []
    left = list(lines)
    for unit in units:
        same = known.get(_text(lines, unit)) if unit.kind in _MOVABLE else None
        if same:
            old = same.pop(0)
            shift = unit.lines.start - old.lines.start
            kept += [_moved(one, shift) for one in candidates_in(old.lines, before.candidates)]
            left[unit.lines.start : unit.lines.end] = _blank(_text(lines, unit), document.language)
    return Focus("\n".join(left), tuple(kept))


def _blank(lines: Sequence[str], language: str) -> list[str]:
    """As many lines with nothing in them that a rule could find."""
    blank = [""] * len(lines)
    placeholder = _PLACEHOLDERS.get(language)
    if placeholder:
        # A comment may stand at another indentation than the function below it.
        code = next((number for number, line in enumerate(lines) if line.lstrip()[:1] not in {"", "#"}), 0)
        indent = lines[code][: len(lines[code]) - len(lines[code].lstrip())]
        blank[code] = indent + placeholder
    return blank


def _surroundings(lines: Sequence[str], units: Sequence[Unit]) -> list[tuple[str, ...]]:
    return [_text(lines, unit) for unit in units if unit.kind not in _MOVABLE]


def _text(lines: Sequence[str], unit: Unit) -> tuple[str, ...]:
    return tuple(lines[unit.lines.start : unit.lines.end])


def _moved(candidate: Candidate, shift: int) -> Candidate:
    start, end = candidate.span.start, candidate.span.end
    span = Span(Position(start.line + shift, start.column), Position(end.line + shift, end.column))
    return replace(candidate, span=span)
