"""Finds out which variables of one text hold which values, so that ast-grep need not at every variable it meets.

`patterns.Flow.named` leaves a note in a rule. Here each note becomes the names that one search found, each with the
function it is local to.
"""

import re
from bisect import bisect_right
from collections import defaultdict
from collections.abc import Collection, Mapping, Sequence
from typing import TYPE_CHECKING, Any

from qcn_lsp.analyzers.patterns import NOTHING, either, every, inside
from qcn_lsp.analyzers.rule import Matcher
from qcn_lsp.analyzers.sharing import share

if TYPE_CHECKING:
    from ast_grep_py import SgNode

_NOTE = "named"
_NAME = re.compile(r"[$@]{0,2}\w+")
_Range = tuple[int, int, int, int]
_Scope = tuple[int, int, _Range]
_Tree = str | int | Matcher | Sequence[Matcher]


class Resolver:
    """Makes rules fit one text.

    Args:
        root: The text's syntax.
    """

    def __init__(self, root: "SgNode") -> None:
        self._root = root
        self._scopes: dict[str, list[_Scope]] = {}
        self._answers: dict[str, Matcher] = {}
        self._known: dict[int, Matcher] = {}  # by identity: a part that a rule repeats is resolved once

    def resolved(self, part: Matcher) -> Matcher:
        """A rule or a part of one, without notes; innermost notes first."""
        if id(part) not in self._known:
            whole = {key: self._value(value) for key, value in part.items()}
            self._known[id(part)] = self._answer(whole) if _NOTE in whole else _simple(whole)
        return self._known[id(part)]

    def _value(self, value: _Tree) -> _Tree:
        if isinstance(value, Mapping):
            return self.resolved(value)
        if isinstance(value, str | int):
            return value
        return [self.resolved(one) for one in value]

    def _answer(self, note: Matcher) -> Matcher:
        spelled = repr(note)  # many rules ask the same, and the second step is the first where the first found nothing
        if spelled not in self._answers:
            self._answers[spelled] = self._variables(note)
        return self._answers[spelled]

    def _variables(self, note: Mapping[str, Any]) -> Matcher:
        targets: Mapping[str, str] = note["targets"][0]
        scopes: dict[_Range, set[str]] = defaultdict(set)
        for node in _search(self._root, note[_NOTE]):
            names = _names(node.field(targets[node.kind()]), note)
            if names:
                scopes[self._scope(node, note["scopes"])] |= names
        places: dict[frozenset[str], list[Matcher]] = defaultdict(list)
        for scope, visible in scopes.items():
            places[frozenset(visible)].append(_inside(scope))
        return every(note["variables"], either(*(_spelled(*item) for item in places.items()))) if places else NOTHING

    def _scope(self, node: "SgNode", kinds: Sequence[Matcher]) -> _Range:
        """Where a name bound by this node is visible: in itself if it is a function, else in the function around it."""
        scopes = self._scopes.setdefault(str(kinds), [])
        if not scopes:
            found = (_as_scope(one) for one in (self._root, *_search(self._root, either(*kinds))))
            scopes += sorted(found, key=lambda scope: (scope[0], -scope[1]))
        place = node.range()
        number = bisect_right(scopes, place.start.index, key=lambda scope: scope[0])
        around = (scope for scope in reversed(scopes[:number]) if scope[1] >= place.end.index)
        return next(around, scopes[0])[2]


def _simple(part: Matcher) -> Matcher:
    choices = part.get("any")
    if len(part) > 1 or not isinstance(choices, list):
        return part
    possible = [one for one in choices if one != NOTHING]
    return possible[0] if len(possible) == 1 else {"any": possible} if possible else NOTHING


def _as_scope(node: "SgNode") -> _Scope:
    place = node.range()
    lines = (place.start.line, place.start.column, place.end.line, place.end.column)
    return place.start.index, place.end.index, lines


def _search(node: "SgNode", rule: Matcher) -> "list[SgNode]":
    shared, named = share(rule)
    config: Any = {"rule": shared, "utils": named}  # ast-grep's own types are too narrow for plain JSON
    return node.find_all(config)


def _kinds(matchers: Sequence[Mapping[str, str]]) -> set[str]:
    return {one["kind"] for one in matchers}


def _names(target: "SgNode | None", note: Mapping[str, Any]) -> set[str]:
    if target is None:
        return set()
    if target.kind() not in _kinds(note["groups"]):
        return {target.text()} if _NAME.fullmatch(target.text()) else set()
    if note["names"] != NOTHING:
        return {one.text() for one in _search(target, note["names"])}
    return set(_NAME.findall(target.text()))  # a pattern such as `{a, b: c}`: quick, and a name too many does little


def _inside(scope: _Range) -> Matcher:
    line, column, end_line, end_column = scope
    return inside(
        {"range": {"start": {"line": line, "column": column}, "end": {"line": end_line, "column": end_column}}}
    )


def _spelled(names: Collection[str], places: Sequence[Matcher]) -> Matcher:
    spelled = "|".join(re.escape(name) for name in sorted(names))
    return every({"regex": f"^(?:{spelled})$"}, either(*places))
