"""What a file imports and defines, for a question about a part of it; and what that part calls."""

from dataclasses import dataclass

from qcn_lsp.core.positions import LineRange
from qcn_lsp.core.unit import UnitKind
from qcn_lsp.syntax.definitions import structure_of
from qcn_lsp.syntax.grammars import Topic, query_for
from qcn_lsp.syntax.parse import ParsedText
from qcn_lsp.syntax.search import search

MAX_SIGNATURE = 200
"""No signature and no import has more characters; a longer one ends with an ellipsis."""


@dataclass(frozen=True, slots=True)
class Signature:
    """The head of a function, method or class.

    Args:
        name: Qualified name, as its unit has it.
        line: The line (from 0) with its name.
        text: One line: everything before the body, decorators included, without comments, white space collapsed.
    """

    name: str
    line: int
    text: str


@dataclass(frozen=True, slots=True)
class Outline:
    """What a file is made of, in text order.

    Args:
        imports: The statements that bring in other code, one line each.
        signatures: Those of all units that are functions, methods or classes.
    """

    imports: tuple[str, ...]
    signatures: tuple[Signature, ...]


def outline_of(parsed: ParsedText) -> Outline:
    """The outline of a text; empty without a grammar."""
    structure = structure_of(parsed)
    code = structure.without_comments(parsed.data)
    signatures = tuple(
        Signature(definition.name, definition.line, _one_line(_head(code, definition.start, definition.body)))
        for definition in structure.definitions
        if definition.kind is not UnitKind.MODULE
    )
    imports = (_one_line(code[start:end]) for start, end in structure.imports)
    return Outline(tuple(text for text in imports if text), signatures)


def called_names(parsed: ParsedText, lines: LineRange) -> frozenset[str]:
    """The last identifiers of what is called in these lines (`get` for `app.router.get()`)."""
    query = query_for(parsed.language, Topic.CALLS)
    if parsed.tree is None or query is None:
        return frozenset()
    start, end = parsed.bytes_of(lines)
    return frozenset(
        parsed.data[node.start_byte : node.end_byte].decode("utf-8", "replace")
        for captures in search(query, parsed.tree.root_node, within=(start, end))
        for node in captures.get("call", ())
        if start <= node.start_byte < end
    )


def _head(code: bytes, start: int, body: int) -> bytes:
    # Nothing is shown of what is beyond the limit; a few bytes more are cut off below.
    head = code[start : min(body, start + 16 * MAX_SIGNATURE)]
    return head.rstrip().removesuffix(b"{")


def _one_line(data: bytes) -> str:
    text = " ".join(data.decode("utf-8", "replace").split())
    return text if len(text) <= MAX_SIGNATURE else text[: MAX_SIGNATURE - 1] + "…"
