"""The report a person reads in a terminal."""

from collections import Counter
from collections.abc import Iterator, Sequence

from rich.cells import cell_len
from rich.text import Text

from qcn_lsp.core import cwe
from qcn_lsp.core.finding import Finding, FindingState
from qcn_lsp.core.severity import Severity
from qcn_lsp.report.model import Report
from qcn_lsp.report.printable import printable

_STYLES = {
    Severity.CRITICAL: "bold white on red",
    Severity.HIGH: "bold red",
    Severity.MEDIUM: "yellow",
    Severity.LOW: "cyan",
}
_MARKS = {**_STYLES, Severity.CRITICAL: "bold red"}
_CONTEXT_LINES = 1
_WIDEST_LINE = 160


def render(report: Report) -> Iterator[Text]:
    """The report, a block at a time."""
    for finding in report.findings:
        yield _finding(report, finding)
    for problem in report.problems:
        yield Text.assemble(("not reviewed: ", "bold yellow"), printable(str(problem)))
    yield _summary(report)


def _finding(report: Report, finding: Finding) -> Text:
    start = finding.span.start
    head = Text.assemble(
        (f"{printable(finding.path)}:{start.line + 1}:{start.column + 1}", "bold"),
        "  ",
        (finding.severity.value, _STYLES[finding.severity]),
        "  ",
        (cwe.code(finding.cwe), f"bold link {cwe.url(finding.cwe)}"),
        "  ",
        (_state(finding), "dim"),
        "\n  ",
        printable(finding.message),
        "\n",
    )
    return head.append_text(_frame(report.lines.get(finding.path, ()), finding))


def _frame(lines: Sequence[str], finding: Finding) -> Text:
    """The line, its neighbours, and a mark under the place."""
    place, frame = finding.span.start.line, Text()
    first, last = max(0, place - _CONTEXT_LINES), min(len(lines), place + _CONTEXT_LINES + 1)
    width = len(str(last))
    for number in range(first, last):
        here = number == place
        gutter = f"  {'>' if here else ' '} {number + 1:>{width}} │ "
        frame.append(gutter, "bold" if here else "dim").append(_shown(lines[number]), "" if here else "dim")
        frame.append("\n")
        if here:
            frame.append(" " * (len(gutter) - 2) + "│ ", "dim").append(*_mark(lines[number], finding)).append("\n")
    return frame


def _mark(line: str, finding: Finding) -> tuple[str, str]:
    start = min(finding.span.start.column, len(line))
    end = finding.span.end.column if finding.span.end.line == finding.span.start.line else len(line)
    before = cell_len(_shown(line[:start]))
    width = max(1, min(cell_len(_shown(line[start:end])), _WIDEST_LINE - before))
    return " " * before + "^" * width, _MARKS[finding.severity]


def _shown(line: str) -> str:
    return printable(line.expandtabs(4))[:_WIDEST_LINE]


def _state(finding: Finding) -> str:
    if finding.state is FindingState.CANDIDATE:
        return f"candidate ({finding.rule})"
    return f"{finding.state} by {finding.backend}"


def _summary(report: Report) -> Text:
    standing = [one for one in report.findings if one.state is not FindingState.DISMISSED]
    if standing:
        counts = Counter(one.severity for one in standing)
        worst = ", ".join(f"{counts[one]} {one}" for one in reversed(Severity) if counts[one])
        files = len({one.path for one in standing})
        text = Text(f"{_count(len(standing), 'finding')} in {_count(files, 'file')}: {worst}.", "bold")
    else:
        text = Text("No findings.", "bold")
    text.append(f" {_work(report)}", "not bold")
    return text


def _work(report: Report) -> str:
    stats = report.stats
    looked = f"{_count(stats.units, 'unit')} in {stats.seconds:.1f} s"
    if stats.from_cache:
        looked += f", {stats.from_cache} known from earlier reviews"
    if not report.reviewer and stats.from_cache:
        return f"{looked}; no model has looked at the others."
    if not report.reviewer:
        return f"{looked}. No model has looked: these are the analyzers' candidates."
    read = f"{stats.prompt_tokens} prompt tokens ({stats.cached_tokens} cached), {stats.completion_tokens} generated"
    return f"{looked}, {stats.reviewed} of them reviewed by {report.reviewer}: {read}."


def _count(number: int, what: str) -> str:
    return f"{number} {what}" if number == 1 else f"{number} {what}s"
