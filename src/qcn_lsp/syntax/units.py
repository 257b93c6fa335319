"""The units of a text: functions, methods, class pieces, and the code between them.

Units are whole lines, in order, disjoint, and cover every line. What two definitions on one line share belongs to the
first of them, but a function takes the line it starts on from the class or module around it. Blank lines, comments and
decorators belong to what follows them, lines of closing brackets to what they close.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass, replace
from enum import Enum, auto

from qcn_lsp.core.positions import LineRange, split_lines
from qcn_lsp.core.unit import Unit, UnitKind
from qcn_lsp.syntax.definitions import Definition, Structure, blanked, structure_of
from qcn_lsp.syntax.digest import digest_of_lines, digest_of_syntax
from qcn_lsp.syntax.parse import DigestKey, ParsedText
from qcn_lsp.syntax.windows import windows_of

_CLOSING = re.compile(rb"(?:[\])}>;,\s]|\bend\b|#\s*endif\b|\?>)+")


@dataclass(frozen=True, slots=True)
class _Piece:
    """Lines from `start` to `end` (exclusive) that belong to a definition, or to none."""

    start: int
    end: int
    definition: Definition | None

    @property
    def kind(self) -> UnitKind:
        return self.definition.kind if self.definition else UnitKind.MODULE

    @property
    def name(self) -> str:
        return self.definition.name if self.definition and self.kind is not UnitKind.MODULE else ""

    @property
    def is_function(self) -> bool:
        return self.definition is not None and self.definition.is_function


class _LineClass(Enum):
    """What a line outside of functions consists of."""

    CODE = auto()
    CLOSING = auto()  # only brackets and the like that close something
    EMPTY = auto()  # blank, comments, or what belongs to the next definition


def units_of(parsed: ParsedText) -> tuple[Unit, ...]:
    """The units of a text: at least one, and together every line of `split_lines(text)` exactly once.

    Digests that `parse` took over from the previous state of the text are not computed again.
    """
    tree = parsed.tree
    if tree is None:
        return tuple(_line_units(parsed.text))
    structure = structure_of(parsed)
    known, fresh = dict(parsed.digests), dict[DigestKey, str]()
    units = []
    for piece in _settled(_pieces(parsed, structure.definitions), _LineClasses(parsed, structure)):
        lines = LineRange(piece.start, piece.end)
        start, end = parsed.bytes_of(lines)
        node = piece.definition.node if piece.definition and piece.kind is not UnitKind.MODULE else None
        key = (start, end, piece.kind, node.descendant_count if node and piece.is_function else 0)
        digest = known.get(key)
        fresh[key] = digest_of_syntax(parsed, tree, start, end, node) if digest is None else digest
        units.append(Unit(piece.kind, piece.name, lines, fresh[key]))
    parsed.digests.clear()
    parsed.digests.update(fresh)
    return tuple(units)


def _line_units(text: str) -> Iterator[Unit]:
    lines = split_lines(text)
    for window in windows_of(lines):
        yield Unit(UnitKind.LINES, "", window, digest_of_lines(lines[window.start : window.end]))


def _pieces(parsed: ParsedText, definitions: tuple[Definition, ...]) -> Iterator[_Piece]:
    """Cuts all lines at the borders of definitions."""
    line = 0
    around: list[Definition] = []
    for definition in definitions:
        first, last = parsed.line_of(definition.start), parsed.line_of(definition.end - 1)
        while around and around[-1].end <= definition.start:
            closed = around.pop()
            yield from _lines_up_to(parsed.line_of(closed.end - 1) + 1, line, closed)
            line = max(line, parsed.line_of(closed.end - 1) + 1)
        yield from _lines_up_to(first, line, around[-1] if around else None)
        line = max(line, first)
        if definition.is_function:
            yield from _lines_up_to(last + 1, line, definition)
            line = max(line, last + 1)
        else:
            around.append(definition)
    for closed in reversed(around):
        yield from _lines_up_to(parsed.line_of(closed.end - 1) + 1, line, closed)
        line = max(line, parsed.line_of(closed.end - 1) + 1)
    yield from _lines_up_to(len(parsed.line_starts), line, None)


def _lines_up_to(end: int, start: int, definition: Definition | None) -> Iterator[_Piece]:
    if end > start:
        yield _Piece(start, end, definition)


class _LineClasses:
    """Tells what a line consists of."""

    def __init__(self, parsed: ParsedText, structure: Structure) -> None:
        self._parsed = parsed
        self._code = blanked(parsed.data, (*structure.comments, *structure.prefixes))

    def last(self, piece: _Piece, *wanted: _LineClass) -> int:
        """The line after the last line of one of these classes; the piece's start if there is none."""
        for line in range(piece.end - 1, piece.start - 1, -1):
            if self._of(line) in wanted:
                return line + 1
        return piece.start

    def _of(self, line: int) -> _LineClass:
        start, end = self._parsed.bytes_of(LineRange(line, line + 1))
        code = self._code[start:end].strip()
        if not code:
            return _LineClass.EMPTY
        return _LineClass.CLOSING if _CLOSING.fullmatch(code) else _LineClass.CODE


def _settled(pieces: Iterator[_Piece], classes: _LineClasses) -> list[_Piece]:
    """Gives lines without code to the pieces they belong to, and joins what then is one piece."""
    settled: list[_Piece] = []
    start = 0  # lines from here on are waiting for the next piece
    for piece in pieces:
        if piece.is_function:
            settled.append(replace(piece, start=start))
            start = piece.end
            continue
        has_code = classes.last(piece, _LineClass.CODE) > piece.start
        end = classes.last(piece, _LineClass.CODE, _LineClass.CLOSING)
        if has_code:
            _append(settled, replace(piece, start=start, end=end))
            start = end
        elif end > piece.start and settled:
            settled[-1] = replace(settled[-1], end=end)
            start = end
    total = piece.end
    if not settled:
        return [_Piece(0, total, None)]
    settled[-1] = replace(settled[-1], end=total)
    return settled


def _append(settled: list[_Piece], piece: _Piece) -> None:
    before = settled[-1] if settled else None
    if before and not before.is_function and (before.kind, before.name) == (piece.kind, piece.name):
        settled[-1] = replace(before, end=piece.end)
    else:
        settled.append(piece)
