"""A unit: the syntactic piece that is reviewed as one."""

from dataclasses import dataclass
from enum import StrEnum

from qcn_lsp.core.positions import LineRange


class UnitKind(StrEnum):
    """What a unit is."""

    FUNCTION = "function"
    METHOD = "method"
    CLASS = "class"  # a class's header and the members that are no methods
    MODULE = "module"  # code outside functions and classes
    LINES = "lines"  # a window of lines, where there is no grammar


@dataclass(frozen=True, slots=True)
class Unit:
    """Whole lines of one file that are reviewed together.

    Args:
        kind: What it is.
        name: Qualified name (`Cart.total`), empty for code outside functions and classes.
        lines: Its lines; the units of a file are in order, disjoint, and cover every line.
        digest: Of the normalized syntax: white space and comments do not change it. Empty if there is nothing else.
    """

    kind: UnitKind
    name: str
    lines: LineRange
    digest: str

    @property
    def label(self) -> str:
        """What people are told it is: its name, or the line (from 1) it starts on."""
        return self.name or f"line {self.lines.start + 1}"
