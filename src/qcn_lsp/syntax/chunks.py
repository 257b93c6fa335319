"""Splits a unit that is too long for one question at the borders of statements.

A piece of syntax that fits stays whole; one that does not is opened, and what is in it is looked at in the same way.
Neighbouring pieces are put together while they fit. Only a statement that is too long itself is split inside.
"""

from collections.abc import Callable, Iterable, Iterator, Sequence
from itertools import accumulate, pairwise
from typing import TYPE_CHECKING

from qcn_lsp.core.positions import LineRange
from qcn_lsp.core.unit import Unit
from qcn_lsp.syntax.digest import IGNORED_TYPES
from qcn_lsp.syntax.parse import ParsedText
from qcn_lsp.syntax.search import enter

if TYPE_CHECKING:
    from tree_sitter import Node

# Nodes that only hold statements, whatever the language.
_LISTS = frozenset({"block", "body_statement", "statement_list", "then"})

Fits = Callable[[int, int], bool]
"""Whether the lines from the first (inclusive) to the second (exclusive) fit the budget."""


def chunks_of(parsed: ParsedText, unit: Unit, cost: Sequence[int], budget: int) -> tuple[LineRange, ...]:
    """Line ranges that cover the unit's lines exactly and in order; one if the unit fits.

    Args:
        parsed: The text.
        unit: One of its units.
        cost: What each line of the text costs, not negative, in any measure (tokens, characters, ones).
        budget: What a chunk may cost, in the same measure. Only a chunk of one line may cost more.

    Raises:
        ValueError: There is no cost for each line of the text.
    """
    if len(cost) != len(parsed.line_starts):
        raise ValueError(f"{len(cost)} costs for {len(parsed.line_starts)} lines")
    totals = [0, *accumulate(cost[unit.lines.start : unit.lines.end])]
    offset = unit.lines.start

    def fits(start: int, end: int) -> bool:
        return totals[end - offset] - totals[start - offset] <= budget

    return tuple(_packed(_pieces(parsed, unit.lines, fits), fits))


def _packed(pieces: Iterable[LineRange], fits: Fits) -> Iterator[LineRange]:
    """Joins neighbours as long as they fit together."""
    current: LineRange | None = None
    for piece in pieces:
        if current is None:
            current = piece
        elif fits(current.start, piece.end):
            current = LineRange(current.start, piece.end)
        else:
            yield current
            current = piece
    if current is not None:
        yield current


def _pieces(parsed: ParsedText, lines: LineRange, fits: Fits) -> Iterator[LineRange]:
    """The largest pieces that fit, in order; the work that is left is on a stack because code may be nested deeply."""
    nodes = [] if parsed.tree is None else [parsed.tree.root_node]
    left: list[tuple[LineRange, list[Node]]] = [(lines, nodes)]
    while left:
        part, nodes = left.pop()
        if len(part) <= 1 or fits(part.start, part.end):
            yield part
            continue
        borders = _borders(parsed, part, nodes)
        while nodes and not borders:
            nodes = _opened(parsed, part, nodes)
            borders = _borders(parsed, part, nodes)
        if borders:
            edges = [part.start, *borders, part.end]
            left.extend(reversed(_shared_out(parsed, edges, nodes)))
        else:
            yield from (LineRange(line, line + 1) for line in range(part.start, part.end))


def _borders(parsed: ParsedText, part: LineRange, nodes: list["Node"]) -> list[int]:
    """Lines (after the first) where a node starts and none goes on; not between a comment and what it is about."""
    borders = []
    reached = part.start
    after_comment = False
    for node in nodes:
        first, last = parsed.lines_of(node)
        if node.is_named and reached < first < part.end and not after_comment:
            borders.append(first)
        reached = max(reached, last)
        after_comment = node.type in IGNORED_TYPES
    return borders


def _opened(parsed: ParsedText, part: LineRange, nodes: list["Node"]) -> list["Node"]:
    """The nodes with those of several lines replaced by their children; empty if there was nothing to open."""
    opened: list[Node] = []
    has_opened = False
    waiting = nodes[::-1]
    above = set(map(_identity, nodes))
    while waiting:
        node = waiting.pop()
        first, last = parsed.lines_of(node)
        # A list of statements is no piece of its own: the first of them may share a chunk with the header above.
        if first == last or not node.child_count or (_identity(node) not in above and node.type not in _LISTS):
            opened.append(node)
            continue
        has_opened = True
        waiting.extend(reversed(list(_children(parsed, part, node))))
    return opened if has_opened else []


def _identity(node: "Node") -> tuple[int, int, int]:
    return node.id, *node.byte_range


def _children(parsed: ParsedText, part: LineRange, node: "Node") -> Iterator["Node"]:
    """The children of a node that touch these lines."""
    start, end = parsed.bytes_of(part)
    cursor = node.walk()
    moved = cursor.goto_first_child() if node.start_byte >= start else enter(cursor, parsed.data, start)
    while moved:
        child = cursor.node
        if child is None or child.start_byte >= end:
            return
        yield child
        moved = cursor.goto_next_sibling()


def _shared_out(parsed: ParsedText, edges: list[int], nodes: list["Node"]) -> list[tuple[LineRange, list["Node"]]]:
    """The parts between these lines, each with its nodes; no node is in two of them."""
    parts: list[tuple[LineRange, list[Node]]] = [(LineRange(start, end), []) for start, end in pairwise(edges)]
    index = 0
    for node in nodes:
        first, _ = parsed.lines_of(node)
        while index + 1 < len(parts) and first >= parts[index][0].end:
            index += 1
        parts[index][1].append(node)
    return parts
