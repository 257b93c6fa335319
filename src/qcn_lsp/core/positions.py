"""The one home of positions: lines, columns, and what an editor counts.

Inside the project a column counts code points (an index into a Python string). Editors count UTF-8, UTF-16 or UTF-32
code units, as negotiated; the JSON and SARIF outputs count UTF-16. Lines end with LF, CRLF or CR and nothing else
(LSP 3.18, "Position"): `str.splitlines` also breaks at form feeds and U+2028, which shifts every later line, so it is
not used anywhere.
"""

import re
from bisect import bisect_right
from dataclasses import dataclass
from enum import StrEnum

_LINE_END = re.compile(r"\r\n|\n|\r")


class PositionEncoding(StrEnum):
    """The unit in which an editor counts columns."""

    UTF8 = "utf-8"
    UTF16 = "utf-16"
    UTF32 = "utf-32"


@dataclass(frozen=True, slots=True, order=True)
class Position:
    """A place in a text: line and column from 0, the column in code points."""

    line: int
    column: int


@dataclass(frozen=True, slots=True, order=True)
class Span:
    """From `start` (inclusive) to `end` (exclusive)."""

    start: Position
    end: Position


@dataclass(frozen=True, slots=True, order=True)
class LineRange:
    """Whole lines from `start` (inclusive) to `end` (exclusive), from 0."""

    start: int
    end: int

    def __contains__(self, line: int) -> bool:
        return self.start <= line < self.end

    def __len__(self) -> int:
        return self.end - self.start


def split_lines(text: str) -> list[str]:
    """The lines of a text without their ends; a text ending with a line end has an empty last line."""
    return _LINE_END.split(text) if "\r" in text else text.split("\n")


class LineIndex:
    """Converts between offsets and positions of one text.

    Args:
        text: The text; it is not kept, only where its lines start.
    """

    __slots__ = ("_starts",)

    def __init__(self, text: str) -> None:
        self._starts = [0, *(found.end() for found in _LINE_END.finditer(text))]

    def __len__(self) -> int:
        return len(self._starts)

    def offset(self, line: int) -> int:
        """The offset (in code points) at which a line starts."""
        return self._starts[line]

    def position(self, offset: int) -> Position:
        """The position of an offset in code points."""
        line = bisect_right(self._starts, offset) - 1
        return Position(line, offset - self._starts[line])


def encode_column(line: str, column: int, encoding: PositionEncoding) -> int:
    """A column in code points as code units of `encoding`; past the end of the line it is the line's length."""
    head = line[:column]
    if encoding is PositionEncoding.UTF32 or head.isascii():
        return len(head)
    if encoding is PositionEncoding.UTF8:
        return len(head.encode("utf-8", "surrogatepass"))
    return len(head.encode("utf-16-le", "surrogatepass")) // 2


def decode_column(line: str, units: int, encoding: PositionEncoding) -> int:
    """Code units of `encoding` as a column in code points; clamped to the line and to whole characters."""
    if encoding is PositionEncoding.UTF32 or line.isascii():
        return min(max(units, 0), len(line))
    seen = 0
    for column, character in enumerate(line):
        seen += encode_column(character, 1, encoding)
        if seen > units:
            return column
    return len(line)
