"""What the simulator answers: findings, or verbatim text, for code that contains what a script names. Pure.

The answer is in the product's own format: a JSON array without white space of `[line, cwe, severity, anchor, reason]`.
"""

import json
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from qcn_lsp.simulator.completions import Completion

NOTHING_FOUND = "[]"
MISSING_LINES_OFFSET = 50_000
"""Added to every line when findings on lines that do not exist are wanted."""

_MAX_MATCHES = 20
_ANCHOR_LENGTH = 40
_SECOND_LOOK = re.compile(r"^<second-look>$.*?CWE-(\d{1,6})", re.MULTILINE | re.DOTALL)
_NUMBERED = re.compile(r"(\d{1,9})\|(.*)", re.DOTALL)


@dataclass(frozen=True, slots=True)
class ScriptedFinding:
    """One finding. Without an anchor it quotes the pattern's group of that name, or else all that matched.

    `prevented_by` is what is answered to a second look at it: the number of a line, 0 for none.
    """

    cwe: int
    severity: str
    reason: str
    anchor: str = ""
    prevented_by: int = 0


@dataclass(frozen=True, slots=True)
class Entry:
    """One entry of a script.

    Args:
        pattern: What the code must contain. The first place counts if the script gave it literally, else every one.
        literal: Whether the script gave it literally.
        findings: What is then found.
        raw: What is answered word for word instead, or None.
    """

    pattern: re.Pattern[str]
    literal: bool
    findings: tuple[ScriptedFinding, ...] = ()
    raw: str | None = None


@dataclass(frozen=True, slots=True)
class Script:
    """What is answered.

    Args:
        answers: To questions.
        completions: At cursors.
    """

    answers: tuple[Entry, ...] = ()
    completions: tuple[Completion, ...] = ()


@dataclass(frozen=True, slots=True)
class NumberedLine:
    """A line of the code under review, with the number that the question gave it."""

    number: int
    text: str


@dataclass(frozen=True, slots=True)
class Row:
    """One finding of the answer."""

    line: int
    cwe: int
    severity: str
    anchor: str
    reason: str


def answer(entries: Sequence[Entry], question: str, *, missing_lines: bool = False) -> str:
    """The text to answer to the last user message.

    Args:
        entries: The script.
        question: The last user message.
        missing_lines: Whether findings are moved to lines that do not exist.
    """
    for entry in entries:
        if entry.raw is not None and entry.pattern.search(question):
            return entry.raw
    lines = numbered_code(question)
    rows = dict.fromkeys(row for entry in entries for row in _rows(entry, lines)) if lines else {}
    offset = MISSING_LINES_OFFSET if missing_lines else 0
    cells = [[row.line + offset, row.cwe, row.severity, row.anchor, row.reason] for row in rows]
    return json.dumps(cells, separators=(",", ":"), ensure_ascii=False) if cells else NOTHING_FOUND


def second_look(entries: Sequence[Entry], question: str, earlier: Sequence[str]) -> str | None:
    """The answer to a second look at a finding; None if the question is none.

    Args:
        entries: The script.
        question: The last user message.
        earlier: The user messages before it; the code is in one of them.
    """
    asked = _SECOND_LOOK.search(question)
    if asked is None:
        return None
    code = "\n".join(line.text for message in earlier for line in numbered_code(message))
    said = (
        finding.prevented_by
        for entry in entries
        if entry.pattern.search(code)
        for finding in entry.findings
        if finding.cwe == int(asked[1])
    )
    return str(next(said, 0))


def numbered_code(question: str) -> tuple[NumberedLine, ...]:
    """The lines `N|code` between the last line `<code>` and the line `</code>` after it; none in other questions."""
    lines = [line.removesuffix("\r") for line in question.split("\n")]
    if "<code>" not in lines:
        return ()
    start = len(lines) - lines[::-1].index("<code>")
    found = []
    for line in lines[start:]:
        if line == "</code>":
            break
        if match := _NUMBERED.fullmatch(line):
            found.append(NumberedLine(int(match[1]), match[2]))
    return tuple(found)


def _rows(entry: Entry, lines: Sequence[NumberedLine]) -> Iterator[Row]:
    code = "\n".join(line.text for line in lines)
    for count, match in enumerate(entry.pattern.finditer(code)):
        if count >= (1 if entry.literal else _MAX_MATCHES):
            return
        at = code.count("\n", 0, match.start())
        quoted = match["anchor" if "anchor" in entry.pattern.groupindex else 0].split("\n")[0].strip()[:_ANCHOR_LENGTH]
        for finding in entry.findings:
            anchor = finding.anchor or quoted
            line = lines[_nearest(anchor, lines, at)]
            yield Row(line.number, finding.cwe, finding.severity, anchor, finding.reason)


def _nearest(anchor: str, lines: Sequence[NumberedLine], at: int) -> int:
    """The line that has the anchor: at the match, else after it, else before it.

    An anchor that is nowhere stays at the match, as with a model that misquotes.
    """
    places = (*range(at, len(lines)), *range(at - 1, -1, -1))
    return next((index for index in places if anchor in lines[index].text), at)
