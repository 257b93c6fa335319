"""Checks what the model claims against the code, before anything of it is shown.

The model is good at finding and at times confidently wrong, so a verdict counts only if the line it names was asked
about, the text it quotes stands on that line, and the weakness exists.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from enum import StrEnum

from qcn_lsp.core import cwe
from qcn_lsp.core.control_tokens import restore
from qcn_lsp.core.finding import FindingState
from qcn_lsp.core.positions import LineRange, Position, Span
from qcn_lsp.core.severity import Severity
from qcn_lsp.core.unit import Unit
from qcn_lsp.core.verdict import Verdict


class Rejection(StrEnum):
    """Why a verdict is not shown."""

    NO_SUCH_LINE = "names a line that was not asked about"
    NO_SUCH_TEXT = "quotes text that is not on the line"
    NO_SUCH_CWE = "names a CWE that does not exist"


@dataclass(frozen=True, slots=True)
class AnchoredFlaw:
    """A checked verdict, kept relative to its unit so that it moves with the code.

    Args:
        line: Lines below the unit's first one.
        text: The line's text, white space collapsed, to find it again after comments or blank lines were inserted.
        cwe: The weakness' number.
        severity: How bad.
        confidence: From 0 to 1.
        state: `verified` or `preliminary`; `dismissed` for a candidate the model left out.
        backend: The mode that answered.
        message: One clause.
        rule: The analyzer's rule that suspected the same, empty if none did.
    """

    line: int
    text: str
    cwe: int
    severity: Severity
    confidence: float
    state: FindingState
    backend: str
    message: str
    rule: str = ""


def collapse(text: str) -> str:
    """White space as it counts for recognizing a line."""
    return " ".join(text.split())


def check(verdict: Verdict, lines: Sequence[str], asked: LineRange) -> Rejection | None:
    """Why a verdict must not be shown; None if it may.

    Args:
        verdict: What the model said.
        lines: All lines of the file as they were asked about.
        asked: The lines of the question, which numbered them from 1.
    """
    if not 1 <= verdict.line <= len(asked):
        return Rejection.NO_SUCH_LINE
    quoted = collapse(restore(verdict.anchor))
    line = collapse(restore(lines[asked.start + verdict.line - 1]))
    if not any(character.isalnum() for character in quoted) or quoted not in line:
        return Rejection.NO_SUCH_TEXT
    return None if cwe.exists(verdict.cwe) else Rejection.NO_SUCH_CWE


def span_of_line(line: int, text: str) -> Span:
    """A line without the white space around its text."""
    start = len(text) - len(text.lstrip())
    return Span(Position(line, start), Position(line, max(start, len(text.rstrip()))))


def place(flaw: AnchoredFlaw, unit: Unit, lines: Sequence[str]) -> int:
    """The line on which a flaw stands now: the nearest of its unit's lines with the same text, else the unit's first.

    The digest of the unit is unchanged, so only white space and comments can have moved the line; one that was
    wrapped differently is shown at the head of its unit rather than lost.
    """
    expected = unit.lines.start + flaw.line
    same = [line for line in range(unit.lines.start, unit.lines.end) if collapse(lines[line]) == flaw.text]
    return min(same, key=lambda line: abs(line - expected), default=unit.lines.start)


def with_rule(flaw: AnchoredFlaw, rule: str) -> AnchoredFlaw:
    """The same flaw, supported by an analyzer's rule."""
    return replace(flaw, rule=rule, confidence=CONFIDENCE_SUPPORTED[flaw.state])


# Who agrees, as a figure: the model and an analyzer, or the model alone. Not a measured probability.
CONFIDENCE_SUPPORTED = {FindingState.VERIFIED: 0.95, FindingState.PRELIMINARY: 0.8, FindingState.DISMISSED: 0.0}
CONFIDENCE_ALONE = {FindingState.VERIFIED: 0.8, FindingState.PRELIMINARY: 0.6, FindingState.DISMISSED: 0.0}
CONFIDENCE_CANDIDATE = 0.4
