"""What a text defines: functions, methods and classes with their qualified names, found by the queries.

The captures of `queries/*.scm` (`ecmascript.scm` is part of JavaScript and TypeScript, `c.scm` of C++; the patterns
above the line `; ==== calls ====` find definitions, those below find calls):

- `@function`: a function with a body; a method if the closest definition around it is a `@class`
- `@method`: a function that is a method wherever it stands (Go receivers, `Server::handle`)
- `@callback`: a statement that passes a function to a call; a function if it is three lines or longer
- `@class`: what holds methods (class, trait, impl block, …); its lines outside methods are pieces of their own
- `@scope`: what only lends its name (a namespace, an object literal)
- `@whole`: with one of the above, the node whose lines count (with decorators, `export`, `template <…>`)
- `@name`: its own name as written
- `@owner`: the type a method belongs to where the syntax does not nest it
- `@body`: where its body starts, so where its signature ends
- `@comment`: what a compiler ignores
- `@prefix`: a sibling that belongs to the definition after it (Rust attributes, TypeScript decorators)
- `@import`: a statement that brings in other code
- `@call`: the last identifier of what is called
"""

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

from qcn_lsp.core.unit import UnitKind
from qcn_lsp.syntax.grammars import query_for
from qcn_lsp.syntax.search import search

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from tree_sitter import Node

    from qcn_lsp.syntax.parse import ParsedText
    from qcn_lsp.syntax.search import Captures

# A shorter callback is a line of the code around it: `button.on("click", () => save())`.
_CALLBACK_LINES = 3
# Names are bounded, so that thousands of nested classes do not need memory that grows with the square of the text.
_NAME_LENGTH = 80
_NAME_PARTS = 16

_GENERICS = re.compile(r"<[^<>]*>")
_QUOTED = re.compile(r"([\"'`])(.*)\1")
_ROLES = ("method", "function", "callback", "class", "scope")


@dataclass(frozen=True, slots=True)
class Definition:
    """A function, method, class or scope.

    Args:
        kind: FUNCTION, METHOD or CLASS; MODULE for what only lends its name.
        name: Qualified name.
        node: Its syntax, with decorators and the like.
        start: Its first byte.
        end: The byte after its last that is not white space.
        body: The byte where its body starts; `end` if it has none.
        line: The line (from 0) its name is on.
    """

    kind: UnitKind
    name: str
    node: "Node"
    start: int
    end: int
    body: int
    line: int

    @property
    def is_function(self) -> bool:
        """Whether its lines are one unit."""
        return self.kind in {UnitKind.FUNCTION, UnitKind.METHOD}


@dataclass(frozen=True, slots=True)
class Structure:
    """What the queries find in a text; byte ranges are (start, end).

    Args:
        definitions: In text order, the outer before the inner; without those inside of functions.
        comments: Byte ranges of the comments.
        prefixes: Byte ranges of what belongs to the definition after it.
        imports: Byte ranges of the statements that bring in other code, in text order.
    """

    definitions: tuple[Definition, ...]
    comments: tuple[tuple[int, int], ...]
    prefixes: tuple[tuple[int, int], ...]
    imports: tuple[tuple[int, int], ...]

    def without_comments(self, data: bytes) -> bytes:
        """The text with blanks for comments; all other bytes stay where they are."""
        return blanked(data, self.comments)


@dataclass(slots=True)
class _Draft:
    """A definition whose place among the others is not known yet. Several matches may add to it."""

    role: str
    whole: "Node"
    name: str = ""
    owner: str = ""
    body: int | None = None
    named_at: int | None = None


def blanked(data: bytes, ranges: "Iterable[tuple[int, int]]") -> bytes:
    """The data with spaces in these ranges."""
    masked = bytearray(data)
    for start, end in ranges:
        masked[start:end] = b" " * (end - start)
    return bytes(masked)


def structure_of(parsed: "ParsedText") -> Structure:
    """All definitions, comments and imports of a text; nothing for a text without a tree."""
    query = query_for(parsed.language)
    if parsed.tree is None or query is None:
        return Structure((), (), (), ())
    drafts: dict[tuple[int, int], _Draft] = {}
    ranges: dict[str, set[tuple[int, int]]] = {"comment": set(), "prefix": set(), "import": set()}
    for captures in search(query, parsed.tree.root_node):
        for name, found in ranges.items():
            found.update(node.byte_range for node in captures.get(name, ()))
        _collect(drafts, captures, parsed.data)
    return Structure(
        tuple(_placed(parsed, drafts.values())),
        tuple(sorted(ranges["comment"])),
        tuple(sorted(ranges["prefix"])),
        tuple(sorted(ranges["import"])),
    )


def _collect(drafts: dict[tuple[int, int], _Draft], captures: "Captures", data: bytes) -> None:
    """Adds one match to the draft of its definition; the query may match one definition several times."""
    role = next((role for role in _ROLES if role in captures), None)
    if role is None:
        return
    node = captures[role][0]
    whole = captures.get("whole", [node])[0]
    draft = drafts.setdefault((node.id, node.start_byte), _Draft(role, whole))
    if _ROLES.index(role) < _ROLES.index(draft.role):
        draft.role = role
    if whole.end_byte - whole.start_byte > draft.whole.end_byte - draft.whole.start_byte:
        draft.whole = whole
    for name_node in captures.get("name", ()):
        draft.name = draft.name or _name(data, name_node)
        draft.named_at = name_node.start_byte if draft.named_at is None else draft.named_at
    for owner_node in captures.get("owner", ()):
        draft.owner = draft.owner or _name(data, owner_node)
    for body_node in captures.get("body", ()):
        draft.body = body_node.start_byte if draft.body is None else min(draft.body, body_node.start_byte)


def _name(data: bytes, node: "Node") -> str:
    """A name as people write it: `A<T>::handle` is `A.handle`."""
    text = " ".join(data[node.start_byte : node.end_byte][: 4 * _NAME_LENGTH].decode("utf-8", "replace").split())
    text = _QUOTED.sub(r"\2", text) if _QUOTED.fullmatch(text) else text
    if "operator" not in text:
        text = _GENERICS.sub("", _GENERICS.sub("", text))
    return text.replace("::", ".").removeprefix(".")[:_NAME_LENGTH]


def _placed(parsed: "ParsedText", drafts: "Iterable[_Draft]") -> "Iterator[Definition]":
    """Definitions in order, with their kinds and qualified names, without those inside of a function."""
    ordered = sorted(drafts, key=lambda draft: (draft.whole.start_byte, -draft.whole.end_byte))
    around: list[Definition] = []
    for draft in ordered:
        start, end = draft.whole.start_byte, _trimmed_end(parsed.data, draft.whole)
        while around and around[-1].end <= start:
            around.pop()
        if around and around[-1].is_function:
            continue
        if draft.role == "callback" and parsed.line_of(end - 1) - parsed.line_of(start) + 1 < _CALLBACK_LINES:
            continue
        outer = around[-1] if around else None
        definition = Definition(
            kind=_kind(draft.role, outer),
            name=_qualified(draft, outer),
            node=draft.whole,
            start=start,
            end=end,
            body=end if draft.body is None else draft.body,
            line=parsed.line_of(start if draft.named_at is None else draft.named_at),
        )
        around.append(definition)
        yield definition


def _kind(role: str, outer: Definition | None) -> UnitKind:
    if role == "class":
        return UnitKind.CLASS
    if role == "scope":
        return UnitKind.MODULE
    is_method = role == "method" or (outer is not None and outer.kind is UnitKind.CLASS)
    return UnitKind.METHOD if is_method else UnitKind.FUNCTION


def _qualified(draft: _Draft, outer: Definition | None) -> str:
    parts = [outer.name if outer else "", draft.owner, draft.name]
    return ".".join(".".join(part for part in parts if part).split(".")[:_NAME_PARTS])


def _trimmed_end(data: bytes, node: "Node") -> int:
    """The end of a node without trailing white space, which some grammars count to it."""
    start, end = node.byte_range
    while end > start + 1 and data[end - 1 : end].isspace():
        end -= 1
    return max(end, start + 1) if start < len(data) else end
