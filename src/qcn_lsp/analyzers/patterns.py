"""The words rules are written in: small functions that build ast-grep rule objects.

Everything combines with `every` and never by two keys in one object, because ast-grep promises an order of matching
(which metavariables need) only there.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass

from qcn_lsp.analyzers.rule import Matcher

_ASCII = "A-Za-z0-9_"
_WORD = re.compile(r"\\\\|\[(?:\\.|[^\]\\])*\]|\\w|\\.")  # a class as a whole, or one escape


NOTHING: Matcher = {"regex": r"[^\s\S]"}
"""No node at all."""


def every(*parts: Matcher) -> Matcher:
    """A node for which all parts hold, tried in this order."""
    return {"all": list(parts)}


def either(*parts: Matcher) -> Matcher:
    """A node for which one part holds."""
    return {"any": list(parts)}


def no(part: Matcher) -> Matcher:
    """A node for which the part does not hold."""
    return {"not": part}


def kind(*names: str) -> Matcher:
    """A node of one of these kinds of the language's grammar."""
    return either(*({"kind": name} for name in names))


def text(regex: str) -> Matcher:
    r"""A node whose text matches somewhere. A `\w` means ASCII here: Unicode's takes ten times as long to compile."""
    return {"regex": _WORD.sub(_ascii, regex)}


def _ascii(found: re.Match[str]) -> str:
    return f"[{_ASCII}]" if found[0] == r"\w" else found[0].replace(r"\w", _ASCII)


def pattern(code: str) -> Matcher:
    """A node that looks like this code."""
    return {"pattern": code}


def has(part: Matcher, field: str = "") -> Matcher:
    """A node with such a direct child, in this field if one is named."""
    return {"has": {"all": [part], "field": field} if field else part}


def contains(part: Matcher) -> Matcher:
    """A node with such a descendant."""
    return {"has": {"all": [part], "stopBy": "end"}}


def covers(part: Matcher) -> Matcher:
    """A node that is such a node or contains one."""
    return either(part, contains(part))


def inside(part: Matcher) -> Matcher:
    """A node with such an ancestor."""
    return {"inside": {"all": [part], "stopBy": "end"}}


def nth(number: int, part: Matcher) -> Matcher:
    """The child at this place among its named siblings, from 1."""
    return every({"nthChild": number}, part)


@dataclass(frozen=True, slots=True)
class Calls:
    """How a grammar spells a call.

    Args:
        kind: The call's node kind.
        callee: The field that names what is called.
        arguments: The field that holds the arguments.
    """

    kind: str
    callee: str
    arguments: str = "arguments"

    def to(self, regex: str, *arguments: Matcher) -> Matcher:
        """A call whose callee's text matches, with all these conditions on the node that holds its arguments."""
        return every(
            {"kind": self.kind},
            has(text(regex), self.callee),
            *(has(argument, self.arguments) for argument in arguments),
        )


@dataclass(frozen=True, slots=True)
class Assignment:
    """How a grammar spells an assignment: its node kind and the fields of the two sides."""

    kind: str
    left: str
    right: str


@dataclass(frozen=True, slots=True)
class Flow:
    """Follows data through variables of one function, by names and not by order: a heuristic, on purpose a simple one.

    Args:
        variables: Node kinds of a variable.
        groups: Node kinds that bind several variables on a left side.
        functions: Node kinds of functions: what a variable is local to.
        module: Node kind of a whole file.
        assignments: What binds a value to a name.
    """

    variables: tuple[str, ...]
    groups: tuple[str, ...]
    functions: tuple[str, ...]
    module: str
    assignments: tuple[Assignment, ...]

    def tainted(self, source: Matcher, safe: str = "", steps: int = 2) -> Matcher:
        """A node that is or contains a source, or a variable that got one within so many steps.

        Args:
            source: Where untrusted data comes from.
            safe: A value whose text matches this is not followed: it was checked or escaped.
            steps: How many assignments are followed.
        """
        found = source
        for _ in range(steps):
            found = either(source, self.assigned(covers(found), safe))
        return every(covers(found), no(text(safe))) if safe else covers(found)

    def assigned(self, value: Matcher, safe: str = "") -> Matcher:
        """A variable that is somewhere assigned such a value: in a function around it, or at the file's top level.

        Ast-grep could search the function for the assignment, but it would at every variable it looks at, which takes
        time by the square of the function's length. So this is a note for `dataflow`, which looks once per text.
        """
        bindings = either(*(self._binding(assignment, value, safe) for assignment in self.assignments))
        return self.named(bindings, {assignment.kind: assignment.left for assignment in self.assignments})

    def named(self, bindings: Matcher, targets: Mapping[str, str], names: Matcher | None = None) -> Matcher:
        """A variable with a name that such a node binds, where that name is visible.

        Args:
            bindings: What binds names: an assignment, or a function with parameters.
            targets: For each of its node kinds, the field that holds the names.
            names: Which nodes in that field are names; None for all that look like one.
        """
        return {
            "named": bindings,
            "targets": [targets],
            "names": names or NOTHING,
            "variables": kind(*self.variables),
            "groups": [{"kind": one} for one in self.groups],
            "scopes": [{"kind": one} for one in (*self.functions, self.module)],
        }

    def _binding(self, assignment: Assignment, value: Matcher, safe: str) -> Matcher:
        unchecked = (has(no(text(safe)), assignment.right),) if safe else ()
        return every({"kind": assignment.kind}, *unchecked, has(value, assignment.right))
