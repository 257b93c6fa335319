"""Keeps a rule as small as it was written.

Ast-grep takes a rule as a tree and compiles it on every search. The parts of our rules repeat: following a value
through two assignments uses the same part for every kind of assignment, at each step, and written out as a tree such a
rule has thousands of nodes. Ast-grep's `utils` name a part once; metavariables keep their meaning across them.
"""

from collections import Counter
from collections.abc import Hashable, Mapping, Sequence
from dataclasses import dataclass, field

from qcn_lsp.analyzers.rule import Matcher

# Mappings inside a rule that are no rules and so cannot go by a name: a range, and its two positions.
_NO_RULES = (frozenset({"start", "end"}), frozenset({"line", "column"}))
_Tree = str | int | Matcher | Sequence[Matcher]


def share(rule: Matcher) -> tuple[Matcher, dict[str, Matcher]]:
    """The rule with each part that occurs more than once replaced by its name, and the named parts."""
    table = _Table()
    top = table.number(rule)
    repeated = {
        number
        for number, uses in table.uses.items()
        if uses > 1 and number != top and table.parts[number].keys() not in _NO_RULES
    }
    named = {f"part{number}": table.written(number, repeated) for number in sorted(repeated)}
    return table.written(top, repeated), named


@dataclass
class _Table:
    """Equal parts get one number, each part after the parts it is made of."""

    numbers: dict[Hashable, int] = field(default_factory=dict)
    parts: list[Mapping[str, "_Row"]] = field(default_factory=list)
    uses: Counter[int] = field(default_factory=Counter)
    known: dict[int, int] = field(default_factory=dict)  # by identity, so that a shared part is walked once

    def number(self, part: Matcher) -> int:
        """The part's number; equal parts have the same."""
        if id(part) not in self.known:
            row = {key: self._row(value) for key, value in part.items()}
            key = tuple(sorted(row.items(), key=lambda item: item[0]))
            if key not in self.numbers:
                self.numbers[key] = len(self.parts)
                self.parts.append(row)
                self.uses.update(_references(row))
            self.known[id(part)] = self.numbers[key]
        return self.known[id(part)]

    def _row(self, value: _Tree) -> "_Row":
        if isinstance(value, Mapping):
            return _Reference(self.number(value))
        if isinstance(value, str | int):
            return value
        return tuple(_Reference(self.number(one)) for one in value)

    def written(self, number: int, repeated: set[int]) -> Matcher:
        """One part, its repeated parts by name."""
        return {key: self._value(value, repeated) for key, value in self.parts[number].items()}

    def _value(self, value: "_Row", repeated: set[int]) -> _Tree:
        if isinstance(value, _Reference):
            return self._inner(value, repeated)
        if isinstance(value, tuple):
            return [self._inner(one, repeated) for one in value]
        return value

    def _inner(self, one: "_Reference", repeated: set[int]) -> Matcher:
        if one.number in repeated:
            return {"matches": f"part{one.number}"}
        return self.written(one.number, repeated)


@dataclass(frozen=True, slots=True)
class _Reference:
    number: int


_Row = str | int | _Reference | tuple[_Reference, ...]


def _references(row: Mapping[str, _Row]) -> list[int]:
    values = [value if isinstance(value, tuple) else (value,) for value in row.values()]
    return [one.number for value in values for one in value if isinstance(one, _Reference)]
