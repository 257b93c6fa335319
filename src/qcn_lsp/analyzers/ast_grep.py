"""Runs the project's own rules with ast-grep.

Ast-grep holds the interpreter's lock while it searches, cannot be interrupted, and compares trees recursively. So
`check` is called in a process of its own (`pool`, `worker`), and very long and very deeply nested texts are refused.
"""

import re
from collections.abc import Iterable, Mapping
from functools import cache
from importlib import import_module
from itertools import accumulate
from pkgutil import iter_modules
from typing import TYPE_CHECKING, Any

from qcn_lsp.analyzers.dataflow import Resolver
from qcn_lsp.analyzers.grammars import GRAMMARS
from qcn_lsp.analyzers.rule import Rule
from qcn_lsp.analyzers.sharing import share
from qcn_lsp.core.candidate import Candidate
from qcn_lsp.core.positions import LineIndex, Span
from qcn_lsp.errors import AnalyzerError

if TYPE_CHECKING:
    from ast_grep_py import SgNode

MAX_CHARACTERS = 200_000
MAX_NESTING = 400
_RULES = "qcn_lsp.analyzers.rules"
_BRACKET = re.compile(r"[()\[\]{}]")
_STEP = {"(": 1, "[": 1, "{": 1, ")": -1, "]": -1, "}": -1}


def check(language: str, text: str) -> tuple[Candidate, ...]:
    """What the project's rules find, in the text's order; nothing for a language without rules.

    Args:
        language: LSP identifier.
        text: The text; it need not be saved, nor be correct.

    Raises:
        AnalyzerError: The text is too long or too deeply nested.
    """
    rules = [rule for rule in rules_for(language) if rule.may_match(text)]
    if not rules:
        return ()
    _refuse_monsters(text)
    root = _parse(language, text)
    resolver, index = Resolver(root), LineIndex(text)
    found: list[Candidate] = []
    for rule in rules:
        found += [_candidate(rule, span) for span in _outermost(_spans(rule, root, resolver, index))]
    return tuple(sorted(found, key=lambda one: (one.span, one.rule)))


@cache
def rules_for(language: str) -> tuple[Rule, ...]:
    """The rules that apply to a language (LSP identifier), by name. Loads them when first asked."""
    if language not in GRAMMARS:
        return ()
    folder = import_module(f"{_RULES}.{GRAMMARS[language][0]}")
    modules = sorted(module.name for module in iter_modules(folder.__path__) if not module.name.startswith("_"))
    rules = (_rule(f"{folder.__name__}.{module}") for module in modules)
    return tuple(rule for rule in rules if language in rule.languages)


def all_rules() -> tuple[Rule, ...]:
    """Every rule of every language, without repetition."""
    return tuple({rule.id: rule for language in GRAMMARS for rule in rules_for(language)}.values())


def _rule(module: str) -> Rule:
    rule = import_module(module).RULE
    if not isinstance(rule, Rule):
        raise TypeError(f"{module}.RULE is not a Rule")
    return rule


def _refuse_monsters(text: str) -> None:
    if len(text) > MAX_CHARACTERS:
        raise AnalyzerError(f"the text is longer than {MAX_CHARACTERS} characters")
    steps = (_STEP[bracket] for bracket in _BRACKET.findall(text))
    if max(accumulate(steps, lambda depth, step: max(depth + step, 0)), default=0) > MAX_NESTING:
        raise AnalyzerError(f"the text nests brackets more than {MAX_NESTING} deep")


def _parse(language: str, text: str) -> "SgNode":
    from ast_grep_py import SgRoot

    # Ast-grep refuses lone surrogates; a question mark keeps every offset where it was.
    return SgRoot(text.encode("utf-8", "replace").decode(), GRAMMARS[language][1]).root()


def _spans(rule: Rule, root: "SgNode", resolver: Resolver, index: LineIndex) -> Iterable[Span]:
    # The boundary to ast-grep's own types: a config is plain JSON, which its TypedDicts are too narrow for.
    shared, named = share(resolver.resolved(rule.rule))
    config: Any = {"rule": shared, "utils": named, "constraints": rule.constraints or {}}
    for node in root.find_all(config):
        place = node.range()
        # Not place.start.line: ast-grep counts lines by LF only. Its offsets count code points, as we do.
        yield Span(index.position(place.start.index), index.position(place.end.index))


def _outermost(spans: Iterable[Span]) -> list[Span]:
    """A concatenation of three matches as a whole and as its first half: one finding."""
    kept: list[Span] = []
    for span in sorted(set(spans), key=lambda one: (one.start, -one.end.line, -one.end.column)):
        if not kept or span.end > kept[-1].end:
            kept.append(span)
    return kept


def _candidate(rule: Rule, span: Span) -> Candidate:
    return Candidate(f"ast-grep:{rule.id}", rule.cwe, rule.severity, span, rule.message)


def languages() -> Mapping[str, tuple[str, str]]:
    """Each LSP identifier this analyzer knows: the folder of its rules and the name of its grammar."""
    return GRAMMARS
