"""Line windows: the units of a text without a grammar.

A border is chosen by content alone: of the lines where a window may end, the one that looks most like the start of
something, and among equals the one with the smallest checksum. After an insertion at the top, the windows therefore
fall into step again, usually at the first border; the price is that windows are of uneven length, and that the windows
next to an edit may change with it.
"""

from collections.abc import Iterator
from zlib import crc32

from qcn_lsp.core.positions import LineRange

MIN_LINES = 20
"""No window but the last is shorter."""
MAX_LINES = 60
"""No window is longer."""


def windows_of(lines: list[str]) -> Iterator[LineRange]:
    """Windows that cover all lines (at least one), in order."""
    start = 0
    while len(lines) - start > MAX_LINES:
        border = min(range(start + MIN_LINES, start + MAX_LINES + 1), key=lambda line: _rank(lines, line))
        yield LineRange(start, border)
        start = border
    yield LineRange(start, len(lines))


def _rank(lines: list[str], line: int) -> tuple[bool, bool, int]:
    """How good it is to start a window at a line; the smallest is best."""
    text = lines[line]
    follows_blank = not lines[line - 1].strip() and bool(text.strip())
    is_indented = text[:1].isspace()
    return not follows_blank, is_indented, crc32(text.strip().encode("utf-8", "surrogatepass"))
