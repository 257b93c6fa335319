"""Texts and their syntax trees; a text that was edited is parsed from its predecessor's tree."""

from bisect import bisect_left, bisect_right
from dataclasses import dataclass, field
from functools import cached_property
from itertools import accumulate
from re import compile as compile_pattern
from time import monotonic
from typing import TYPE_CHECKING

from qcn_lsp.core.positions import LineRange
from qcn_lsp.core.unit import UnitKind
from qcn_lsp.syntax.grammars import grammar_of, parser_for, safe_for

if TYPE_CHECKING:
    from tree_sitter import Node, Point, Tree

_LINE_END = compile_pattern(rb"\r\n|\n|\r")
_READ_BYTES = 1 << 16

# Error recovery may never end (TypeScript's grammar at `export const o[n=(l}`) or try ever more combinations, so
# parsing is given up when it does not get on. A normal text is parsed in a microsecond a byte, and a report of progress
# is a hundred of the parser's steps, of which a byte needs a few.
_PARSE_SECONDS = 1.0
_PARSE_SECONDS_PER_BYTE = 1e-5
_REPORTS_WITHOUT_PROGRESS = 500
_BYTES_PER_REPORT_WITHOUT_PROGRESS = 50

DigestKey = tuple[int, int, UnitKind, int]
"""A unit's first byte, the byte after its last, its kind, and the number of nodes in a function (else 0)."""


@dataclass(frozen=True, eq=False)
class ParsedText:
    """One immutable state of a text with its syntax tree.

    Args:
        language: LSP language identifier.
        text: The text.
        data: The text in UTF-8; a lone surrogate is three bytes, as any other character of its plane.
        tree: Its tree; None without a grammar, and where parsing was given up.
        digests: What is already known of its units' digests; filled by `units_of`.
    """

    language: str
    text: str
    data: bytes
    tree: "Tree | None"
    digests: dict[DigestKey, str] = field(default_factory=dict, repr=False)

    @property
    def is_given_up(self) -> bool:
        """Whether there is a grammar but no tree: the text is broken in a way that the parser cannot deal with now."""
        return self.tree is None and bool(grammar_of(self.language))

    @property
    def is_broken(self) -> bool:
        """Whether the syntax has errors, as it has most of the time somebody types."""
        return self.tree is not None and self.tree.root_node.has_error

    @cached_property
    def line_starts(self) -> list[int]:
        """The byte at which each line starts. The lines are those of `split_lines`."""
        return [0, *(found.end() for found in _LINE_END.finditer(self.data))]

    def line_of(self, byte: int) -> int:
        """The line (from 0) a byte is on; a line end is on the line that it ends."""
        return bisect_right(self.line_starts, byte) - 1

    def bytes_of(self, lines: LineRange) -> tuple[int, int]:
        """First byte of these lines, and the byte after the last."""
        starts = self.line_starts
        return starts[lines.start], starts[lines.end] if lines.end < len(starts) else len(self.data)

    def lines_of(self, node: "Node") -> tuple[int, int]:
        """First and last line of a node."""
        start, end = node.byte_range
        return self.line_of(start), self.line_of(max(start, end - 1))


@dataclass(frozen=True, slots=True)
class _Edit:
    """One replacement: bytes from `start` to `old_end` became those from `start` to `new_end`."""

    start: int
    old_end: int
    new_end: int


def parse(language: str, text: str, previous: ParsedText | None = None) -> ParsedText:
    """Parses a text. Never raises, whatever the text is.

    The tree is the same with and without `previous`: broken code is always parsed from scratch, because there
    tree-sitter's recovery depends on what it could reuse. What remains are rare texts that a grammar reads in two ways
    (`*a[b]` as a Python statement, a line continuation before a heredoc in a shell script).

    Args:
        language: LSP language identifier.
        text: The whole text.
        previous: An earlier state of it, which stays valid; it saves time and is not needed for anything else.
    """
    if previous is None or previous.language != language:
        data = _encode(text)
        return ParsedText(language, text, data, _parse_bytes(language, data))
    if previous.text == text:
        return previous
    return _parse_again(previous, text)


def _encode(text: str) -> bytes:
    return text.encode("utf-8", "surrogatepass")


def _parse_again(previous: ParsedText, text: str) -> ParsedText:
    data = _encode(text)
    if previous.tree is None:
        return ParsedText(previous.language, text, data, _parse_bytes(previous.language, data))
    edit = _edit_between(previous.data, data)
    edited = previous.tree.copy()
    edited.edit(
        edit.start,
        edit.old_end,
        edit.new_end,
        _point(previous.data, edit.start),
        _point(previous.data, edit.old_end),
        _point(data, edit.new_end),
    )
    tree = _parse_bytes(previous.language, data, edited)
    known = previous.digests
    if tree is None or tree.root_node.has_error:
        tree = _parse_bytes(previous.language, data)
        # Between trees that share nothing, tree-sitter compares superficially. A function's number of nodes makes up
        # for it; other pieces have none of their own, and are small.
        known = {key: digest for key, digest in known.items() if key[3]}
    digests = {} if tree is None else _inherited(known, edit, edited, tree)
    return ParsedText(previous.language, text, data, tree, digests)


def _parse_bytes(language: str, data: bytes, old: "Tree | None" = None) -> "Tree | None":
    parser = parser_for(language)
    if parser is None:
        return None
    data = safe_for(language, data)
    watch = _Watch(len(data))

    def read(offset: int, _point: "Point") -> bytes:
        return data[offset : offset + _READ_BYTES]

    try:
        if old is None:
            return parser.parse(read, encoding="utf8", progress_callback=watch.has_to_stop)
        return parser.parse(read, old, "utf8", watch.has_to_stop)
    except ValueError:  # how the binding says that the watch stopped it
        return None


class _Watch:
    """Decides when parsing is given up.

    Args:
        size: The text's size in bytes.
    """

    def __init__(self, size: int) -> None:
        self._deadline = monotonic() + _PARSE_SECONDS + size * _PARSE_SECONDS_PER_BYTE
        self._patience = _REPORTS_WITHOUT_PROGRESS + size // _BYTES_PER_REPORT_WITHOUT_PROGRESS
        self._furthest = -1
        self._reports = 0

    def has_to_stop(self, offset: int, _has_error: bool) -> bool:
        """Takes a report of progress: the byte the parser is at. The clock is the last resort, it is not repeatable."""
        self._reports = 0 if offset > self._furthest else self._reports + 1
        self._furthest = max(self._furthest, offset)
        return self._reports > self._patience or monotonic() > self._deadline


def _edit_between(old: bytes, new: bytes) -> _Edit:
    shorter = min(len(old), len(new))
    start = _common_length(old, new, shorter, from_end=False)
    while start and (_continues(old, start) or _continues(new, start)):
        start -= 1
    tail = _common_length(old, new, shorter - start, from_end=True)
    while tail and _continues(new, len(new) - tail):
        tail -= 1
    return _Edit(start, len(old) - tail, len(new) - tail)


def _common_length(old: bytes, new: bytes, limit: int, *, from_end: bool) -> int:
    """How many bytes (at most `limit`) are the same at the start, or at the end: a binary search over slices."""
    low, high = 0, limit
    while low < high:
        middle = (low + high + 1) // 2
        if from_end:
            same = old[len(old) - middle : len(old) - low] == new[len(new) - middle : len(new) - low]
        else:
            same = old[low:middle] == new[low:middle]
        low, high = (middle, high) if same else (low, middle - 1)
    return low


def _continues(data: bytes, offset: int) -> bool:
    """Whether this byte continues a character, so that no edit may start or end before it."""
    return offset < len(data) and data[offset] & 0xC0 == 0x80  # noqa: PLR2004 - UTF-8: 10xxxxxx


def _point(data: bytes, offset: int) -> tuple[int, int]:
    """Row and byte column as tree-sitter counts them: rows end with LF only."""
    return data.count(b"\n", 0, offset), offset - data.rfind(b"\n", 0, offset) - 1


def _inherited(known: dict[DigestKey, str], edit: _Edit, edited: "Tree", tree: "Tree") -> dict[DigestKey, str]:
    """The digests of units whose text and syntax an edit left alone, by where they are now.

    That the text is the same is not enough, it may be inside a comment now. tree-sitter says where a byte's ancestors
    have changed, so a digest is kept exactly where it would be computed again.
    """
    if not known:
        return {}
    changed = sorted((found.start_byte, found.end_byte) for found in edited.changed_ranges(tree))
    starts = [start for start, _ in changed]
    ends = list(accumulate((end for _, end in changed), max))
    moved = edit.new_end - edit.old_end
    kept = {}
    for (start, end, kind, nodes), digest in known.items():
        if start < edit.old_end and end > edit.start:
            continue
        shift = moved if start >= edit.old_end else 0
        first_reaching = bisect_left(ends, start + shift)
        if first_reaching == bisect_right(starts, end + shift):
            kept[start + shift, end + shift, kind, nodes] = digest
    return kept
