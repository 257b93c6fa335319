"""Finds places in a tree, in time that does not explode on broken code."""

import re
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tree_sitter import Node, Query, TreeCursor

    Captures = dict[str, list[Node]]

_NOT_BLANK = re.compile(rb"\S")

# A query looks at all siblings of each node. The children of a normal node are kept as a balanced tree, but those of
# an ERROR are a flat list: 100,000 open brackets took eight seconds.
_WIDE = 1_000


def search(query: "Query", root: "Node", within: tuple[int, int] | None = None) -> "Iterator[Captures]":
    """The captures of each match, in text order of where matches end.

    Args:
        query: What to find.
        root: Where to look.
        within: Bytes (start, end): only matches that touch them.
    """
    from tree_sitter import QueryCursor  # not before a text is parsed

    for node in _searchable(root):
        cursor = QueryCursor(query)
        if within is not None:
            cursor.set_byte_range(*within)
        for _, captures in cursor.matches(node):
            yield captures


def enter(cursor: "TreeCursor", data: bytes, byte: int) -> bool:
    """Moves a cursor to the first child that has code at or after a byte; False, and no move, if there is none."""
    found = _NOT_BLANK.search(data, byte)
    if found is None:
        return False
    # Asked for a blank after a node that the grammar hides (Go's line ends), tree-sitter finds nothing.
    if cursor.goto_first_child_for_byte(found.start()) is not None:
        return True
    if not cursor.goto_first_child():
        return False
    while _current(cursor).end_byte <= found.start():
        if not cursor.goto_next_sibling():
            cursor.goto_parent()
            return False
    return True


def _searchable(root: "Node") -> "Iterator[Node]":
    """The root, or the largest nodes below it that have no wide error in them."""
    avoid = _around_wide_errors(root) if root.has_error else frozenset()
    if not avoid:
        yield root
        return
    cursor = root.walk()
    entered = cursor.goto_first_child()
    while entered:
        node = _current(cursor)
        if node.id in avoid and cursor.goto_first_child():
            continue
        if node.child_count or node.is_extra:
            yield node
        entered = _next(cursor)


def _around_wide_errors(root: "Node") -> frozenset[int]:
    """The ids of all errors with very many children, and of their ancestors."""
    found: set[int] = set()
    path: list[int] = []
    cursor = root.walk()
    entered = True
    while entered:
        node = _current(cursor)
        del path[cursor.depth :]
        path.append(node.id)
        if node.is_error and node.child_count > _WIDE:
            found.update(path)
        if node.has_error and cursor.goto_first_child():
            continue
        entered = _next(cursor)
    return frozenset(found)


def _next(cursor: "TreeCursor") -> bool:
    """Moves to the next sibling of the node or of its closest ancestor that has one; False at the end."""
    while not cursor.goto_next_sibling():
        if not cursor.goto_parent():
            return False
    return True


def _current(cursor: "TreeCursor") -> "Node":
    node = cursor.node
    if node is None:  # only by its type: a cursor stands on a node
        raise LookupError("a tree cursor without a node")
    return node
