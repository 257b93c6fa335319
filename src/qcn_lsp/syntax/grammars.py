"""Grammars and queries, loaded when they are needed and kept.

A `Language` and a `Query` never change and are shared between threads. A `Parser` is not safe to share, and is cheap,
so every caller gets its own.
"""

import re
from enum import StrEnum
from functools import cache
from importlib import import_module
from importlib.resources import files
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from tree_sitter import Language, Parser, Query

_CALLS_FROM_HERE = "; ==== calls ===="

_GRAMMARS = {
    "c": "c",
    "cpp": "cpp",
    "csharp": "c_sharp",
    "go": "go",
    "java": "java",
    "javascript": "javascript",
    "javascriptreact": "javascript",
    "php": "php",
    "python": "python",
    "ruby": "ruby",
    "rust": "rust",
    "shellscript": "bash",
    "typescript": "typescript",
    "typescriptreact": "tsx",
}

# The wheel's module and its function, where they are not `tree_sitter_<grammar>` and `language`.
_ENTRY_POINTS = {
    "php": ("tree_sitter_php", "language_php"),
    "tsx": ("tree_sitter_typescript", "language_tsx"),
    "typescript": ("tree_sitter_typescript", "language_typescript"),
}

# Query files, where they are more than the grammar's own.
_QUERY_FILES = {
    "cpp": ("c", "cpp"),
    "javascript": ("ecmascript", "javascript"),
    "tsx": ("ecmascript", "typescript"),
    "typescript": ("ecmascript", "typescript"),
}


_BASH = "bash"
_BEYOND_LATIN_1 = re.compile(rb"[\xc4-\xdf][\x80-\xbf]|[\xe0-\xef][\x80-\xbf]{2}|[\xf0-\xf7][\x80-\xbf]{3}")
# By length in bytes: multiplication signs, and a full stop where a byte is left.
_NO_LETTERS = {2: b"\xc3\x97", 3: b"\xc3\x97.", 4: b"\xc3\x97\xc3\x97"}


class Topic(StrEnum):
    """What a query finds. Calls are many and wanted rarely, so they are a query of their own."""

    DEFINITIONS = "definitions"
    CALLS = "calls"


def grammar_of(language: str) -> str:
    """The grammar's name for an LSP language identifier, empty if there is none."""
    return _GRAMMARS.get(language, "")


def parser_for(language: str) -> "Parser | None":
    """A new parser, None for a language without a grammar."""
    grammar = grammar_of(language)
    if not grammar:
        return None
    from tree_sitter import Parser  # not before a text is parsed

    return Parser(_load(grammar))


def safe_for(language: str, data: bytes) -> bytes:
    """The text as the language's grammar can read it, with every byte in its place.

    tree-sitter-bash's scanner looks every character up in C's table of 256, and crashes on some of those beyond: they
    are read as characters that are no letters either, of the same length.

    Args:
        language: LSP identifier.
        data: The text in UTF-8.
    """
    if grammar_of(language) != _BASH:
        return data
    return _BEYOND_LATIN_1.sub(lambda found: _NO_LETTERS[len(found[0])], data)


def query_for(language: str, topic: Topic = Topic.DEFINITIONS) -> "Query | None":
    """A language's query, None for a language without a grammar. The captures are listed in `definitions`."""
    grammar = grammar_of(language)
    return _compile(grammar, topic) if grammar else None


@cache
def _load(grammar: str) -> "Language":
    from tree_sitter import Language  # not before a text is parsed

    module, function = _ENTRY_POINTS.get(grammar, (f"tree_sitter_{grammar}", "language"))
    return Language(getattr(import_module(module), function)())


@cache
def _compile(grammar: str, topic: Topic) -> "Query":
    from tree_sitter import Query  # not before a text is parsed

    return Query(_load(grammar), query_text(grammar, topic))


def query_text(grammar: str, topic: Topic) -> str:
    """The query of a grammar as it is compiled."""
    folder = files(__package__).joinpath("queries")
    names = _QUERY_FILES.get(grammar, (grammar,))
    halves = [folder.joinpath(f"{name}.scm").read_text("utf-8").partition(_CALLS_FROM_HERE) for name in names]
    return "\n".join(half[0] if topic is Topic.DEFINITIONS else half[2] for half in halves)
