"""Digests of normalized syntax: what has to change before a unit is worth another review.

A digest covers the types and nesting of a unit's nodes and the texts of its tokens. White space between tokens,
comments, and the indentation inside of tokens with several lines do not count; docstrings do, they are strings. Nor do
a unit's kind and name (its syntax contains what matters of them), its place in the file, or what surrounds it: nodes
that start before the unit and the ancestors of its definition are left out.
"""

import re
from collections.abc import Generator, Iterator
from dataclasses import dataclass, field
from hashlib import blake2b
from typing import TYPE_CHECKING

from qcn_lsp.syntax.search import enter

if TYPE_CHECKING:
    from tree_sitter import Node, Tree, TreeCursor

    from qcn_lsp.syntax.parse import ParsedText

DIGEST_BYTES = 16
"""Size of a digest; it is written with twice as many hexadecimal digits."""

IGNORED_TYPES = frozenset(
    {"block_comment", "comment", "hash_bang_line", "html_comment", "line_comment", "line_continuation", "php_tag"}
)
"""Types of the nodes that do not count."""

# Tokens that end something. Those of a node that starts before a unit end what is around the unit, not in it.
_CLOSERS = frozenset({"}", ")", "]", ">", ";", ",", "end", "#endif", "?>", "done", "fi", "esac"})
# Nodes whose text is not all in their children: an escape sequence is a child, the text around it is not.
_TEXTS = frozenset({"string_content"})

# No byte of these occurs in UTF-8, so different syntax never has the same encoding.
_OPEN, _TEXT, _CLOSE = b"\xfe", b"\xfd", b"\xff"

_INDENTATION = re.compile(rb"[ \t]*[\r\n]+\s*")


def digest_of_lines(lines: list[str]) -> str:
    """The digest of code without a grammar: its lines with white space collapsed; empty if all are blank."""
    words = [" ".join(line.split()) for line in lines]
    text = "\n".join(line for line in words if line)
    return blake2b(text.encode("utf-8", "surrogatepass"), digest_size=DIGEST_BYTES).hexdigest() if text else ""


def digest_of_syntax(parsed: "ParsedText", tree: "Tree", start: int, end: int, definition: "Node | None") -> str:
    """The digest of a unit; empty if it consists of comments and white space.

    Args:
        parsed: The text.
        tree: Its tree.
        start: The unit's first byte.
        end: The byte after the unit's last.
        definition: The function or class that the unit belongs to, None for code outside.
    """
    walk = _Walk(parsed.data, start, end, definition)
    parts = list(walk.parts(tree))
    return blake2b(b"".join(parts), digest_size=DIGEST_BYTES).hexdigest() if walk.has_token else ""


@dataclass(slots=True)
class _Walk:
    """One walk over the nodes of a unit. It is a loop: code may be nested deeper than Python can call.

    Args:
        data: The text.
        start: The unit's first byte.
        end: The byte after the unit's last.
        definition: Its ancestors do not count.
        position: All bytes before this one are dealt with.
        has_token: Whether anything but comments and white space was found.
        open_nodes: For each node from the root to here, whether it was opened in the digest.
        kinds: The types' names by their numbers, because asking the library is slow.
    """

    data: bytes
    start: int
    end: int
    definition: "Node | None"
    position: int = 0
    has_token: bool = False
    open_nodes: list[bool] = field(default_factory=list)
    kinds: dict[int, str] = field(default_factory=dict)

    def parts(self, tree: "Tree") -> Iterator[bytes]:
        """The encoding of the unit's syntax, piece by piece."""
        self.position = self.start
        cursor = tree.walk()
        inside = self._descend(cursor, tree.root_node, counts=False)
        while inside:
            node = cursor.node
            if node is None or node.start_byte >= self.end:
                break
            # Nodes without text are what the parser made up to go on, and not reported when they change.
            has_text = node.end_byte > max(self.start, node.start_byte)
            has_entered = has_text and (yield from self._visit(cursor, node))
            inside = has_entered or (yield from self._leave(cursor))
        yield from self._between(self.end)
        yield _CLOSE * sum(self.open_nodes)

    def _visit(self, cursor: "TreeCursor", node: "Node") -> Generator[bytes, None, bool]:
        """Deals with the node under the cursor; True if the cursor is on its first child now."""
        kind = self._kind(node)
        if kind in IGNORED_TYPES:
            yield from self._between(node.start_byte)
            self.position = max(self.position, node.end_byte)
            return False
        counts = self._counts(node)
        if kind not in _TEXTS and self._descend(cursor, node, counts=counts):
            if counts:
                yield _OPEN + kind.encode()
            return True
        yield from self._between(node.start_byte)
        yield self._leaf(node, kind)
        return False

    def _leave(self, cursor: "TreeCursor") -> Generator[bytes, None, bool]:
        """Moves on to the next node that is not inside of this one; False at the end of the tree."""
        while not cursor.goto_next_sibling():
            if not cursor.goto_parent():
                return False
            if self.open_nodes.pop():
                yield _CLOSE
        return True

    def _descend(self, cursor: "TreeCursor", node: "Node", *, counts: bool) -> bool:
        """Moves to the first child that is not before the unit."""
        moved = enter(cursor, self.data, self.start) if node.start_byte < self.start else cursor.goto_first_child()
        if moved:
            self.open_nodes.append(counts)
        return moved

    def _kind(self, node: "Node") -> str:
        number = node.kind_id
        if number not in self.kinds:
            self.kinds[number] = node.type
        return self.kinds[number]

    def _counts(self, node: "Node") -> bool:
        """Whether a node belongs to the unit: neither around it nor around its definition."""
        if node.start_byte < self.start:
            return False
        definition = self.definition
        if definition is None or node.start_byte > definition.start_byte or node.end_byte < definition.end_byte:
            return True
        if node.id == definition.id:
            self.definition = None  # all that follows is inside of it, or after it
            return True
        return False

    def _leaf(self, node: "Node", kind: str) -> bytes:
        first, last = max(node.start_byte, self.position), min(node.end_byte, self.end)
        self.position = max(self.position, last)
        text = self.data[first:last]
        if not node.is_named:
            is_outer = kind in _CLOSERS and bool(self.open_nodes) and not self.open_nodes[-1]
            if is_outer or not text.strip():
                return b""
            self.has_token = True
            return _TEXT + text
        self.has_token = self.has_token or bool(text)
        return _TEXT + kind.encode() + _TEXT + _normal(text)

    def _between(self, until: int) -> Iterator[bytes]:
        """Text that is in no leaf: some grammars have no node for the text between two interpolations."""
        if until > self.position:
            text = self.data[self.position : min(until, self.end)].strip()
            self.position = until
            if text:
                self.has_token = True
                yield _TEXT + _normal(text)


def _normal(text: bytes) -> bytes:
    """Text of a token without the indentation of its lines."""
    return _INDENTATION.sub(b"\n", text) if b"\n" in text or b"\r" in text else text
