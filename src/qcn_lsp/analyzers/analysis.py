"""All analyzers on one text."""

import asyncio
import threading
from collections.abc import Awaitable, Iterable
from dataclasses import dataclass

from qcn_lsp.analyzers import ruff
from qcn_lsp.analyzers.ruff_rules import RULES as RUFF_RULES
from qcn_lsp.core.candidate import Candidate
from qcn_lsp.core.severity import Severity
from qcn_lsp.errors import AnalyzerError

_RUFF = "ruff:"
_AST_GREP = "ast-grep:"


@dataclass(frozen=True, slots=True)
class Analysis:
    """What the analyzers say of one text.

    Args:
        candidates: Sorted by place, one per weakness and place.
        failures: A sentence for each analyzer that failed; the others' candidates count.
    """

    candidates: tuple[Candidate, ...] = ()
    failures: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class RuleMetadata:
    """What there is to say of a rule: weakness, severity, what is wrong, and what to do instead."""

    cwe: int
    severity: Severity
    message: str
    help: str


async def analyze(document_language: str, file_name: str, text: str) -> Analysis:
    """Runs every analyzer that knows the language; an unknown language gives an empty analysis.

    Args:
        document_language: LSP identifier.
        file_name: For the sentences about failures only: what a file is called does not change what is found in it.
        text: The text as it is now, saved or not.
    """
    if document_language != "python":
        return _analysis(file_name, await _outcomes(_ast_grep(document_language, text)))
    return _analysis(file_name, await _outcomes(ruff.check(text), _ast_grep(document_language, text)))


def rules_metadata(rules: Iterable[str] | None = None) -> dict[str, RuleMetadata]:
    """What is known of rules, spelled as in `Candidate.rule`; strings that are no rule are left out.

    Args:
        rules: Which; None for all of them, which loads every rule of every language.
    """
    known = {
        f"{_RUFF}{code}": RuleMetadata(one.cwe, one.severity, one.message, one.help) for code, one in RUFF_RULES.items()
    }
    wanted = None if rules is None else set(rules)
    if wanted is None or not wanted <= known.keys():
        from qcn_lsp.analyzers import ast_grep

        known |= {
            f"{_AST_GREP}{one.id}": RuleMetadata(one.cwe, one.severity, one.message, one.help)
            for one in ast_grep.all_rules()
        }
    return {name: one for name, one in known.items() if wanted is None or name in wanted}


async def _ast_grep(language: str, text: str) -> tuple[Candidate, ...]:
    from qcn_lsp.analyzers import ast_grep

    stop = threading.Event()
    try:
        return await asyncio.to_thread(ast_grep.check, language, text, stop.is_set)
    finally:
        stop.set()  # a thread cannot be cancelled: this one ends before its next rule


async def _outcomes(*analyzers: Awaitable[tuple[Candidate, ...]]) -> list[tuple[Candidate, ...] | AnalyzerError]:
    """Results in the order of the analyzers; only the failures an analyzer announces are outcomes."""

    async def outcome(analyzer: Awaitable[tuple[Candidate, ...]]) -> tuple[Candidate, ...] | AnalyzerError:
        try:
            return await analyzer
        except AnalyzerError as error:
            return error

    async with asyncio.TaskGroup() as group:
        tasks = [group.create_task(outcome(analyzer)) for analyzer in analyzers]
    return [task.result() for task in tasks]


def _analysis(file_name: str, outcomes: Iterable[tuple[Candidate, ...] | AnalyzerError]) -> Analysis:
    kept: list[Candidate] = []
    failures: list[str] = []
    for outcome in outcomes:
        if isinstance(outcome, AnalyzerError):
            failures.append(f"{file_name}: {outcome}")
        else:
            kept += [one for one in outcome if not any(_repeats(one, other) for other in kept)]
    return Analysis(tuple(sorted(kept, key=lambda one: (one.span, one.rule))), tuple(failures))


def _repeats(one: Candidate, other: Candidate) -> bool:
    """Whether an earlier candidate already says this: the same weakness on one of its lines, by another rule.

    Ruff comes first, so ruff's stays: its rules are documented in public, where a user can look one up. Two hits of one
    rule on one line are two places, unless they are the same.
    """
    if one.cwe != other.cwe or (one.rule == other.rule and one.span != other.span):
        return False
    return one.span.start.line <= other.span.end.line and other.span.start.line <= one.span.end.line
