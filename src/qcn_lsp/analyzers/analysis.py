"""All analyzers on one text."""

import asyncio
from collections.abc import Awaitable, Callable, Iterable
from dataclasses import dataclass

from qcn_lsp.analyzers import ruff
from qcn_lsp.analyzers.found import Found
from qcn_lsp.analyzers.grammars import GRAMMARS
from qcn_lsp.analyzers.pool import WorkerPool
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
        is_partial: Whether an analyzer failed or stumbled over syntax errors, so that there may be more.
    """

    candidates: tuple[Candidate, ...] = ()
    failures: tuple[str, ...] = ()
    is_partial: bool = False


Analyze = Callable[[str, str, str], Awaitable[Analysis]]
"""What `analyze` and `Analyzers.analyze` are: language, file name, text."""


@dataclass(frozen=True, slots=True)
class RuleMetadata:
    """What there is to say of a rule: weakness, severity, what is wrong, and what to do instead."""

    cwe: int
    severity: Severity
    message: str
    help: str


class Analyzers:
    """Every analyzer, with the processes some of them keep: whoever makes one closes it.

    Args:
        pool: The processes for ast-grep; closed along with it.
    """

    def __init__(self, pool: WorkerPool | None = None) -> None:
        self._pool = pool or WorkerPool()

    async def analyze(self, document_language: str, file_name: str, text: str) -> Analysis:
        """Runs every analyzer that knows the language; an unknown language gives an empty analysis.

        Args:
            document_language: LSP identifier.
            file_name: For the sentences about failures only: what a file is called does not change what is found in
                it.
            text: The text as it is now, saved or not.
        """
        analyzers: list[Awaitable[Found]] = []
        if document_language == "python":
            analyzers.append(ruff.check(text))
        if document_language in GRAMMARS:
            analyzers.append(self._ast_grep(document_language, text))
        return _analysis(file_name, await _outcomes(*analyzers))

    async def _ast_grep(self, language: str, text: str) -> Found:
        return Found(await self._pool.check(language, text), is_partial=False)

    async def close(self) -> None:
        """Ends the processes; an analysis under way is finished first, by whoever waits for it."""
        await self._pool.close()


async def analyze(document_language: str, file_name: str, text: str) -> Analysis:
    """One analysis as `Analyzers.analyze`, with processes of its own: for many texts, make `Analyzers`."""
    analyzers = Analyzers()
    try:
        return await analyzers.analyze(document_language, file_name, text)
    finally:
        await analyzers.close()


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


async def _outcomes(*analyzers: Awaitable[Found]) -> list[Found | AnalyzerError]:
    """Results in the order of the analyzers; only the failures an analyzer announces are outcomes."""

    async def outcome(analyzer: Awaitable[Found]) -> Found | AnalyzerError:
        try:
            return await analyzer
        except AnalyzerError as error:
            return error

    async with asyncio.TaskGroup() as group:
        tasks = [group.create_task(outcome(analyzer)) for analyzer in analyzers]
    return [task.result() for task in tasks]


def _analysis(file_name: str, outcomes: Iterable[Found | AnalyzerError]) -> Analysis:
    kept: list[Candidate] = []
    failures: list[str] = []
    is_partial = False
    for outcome in outcomes:
        if isinstance(outcome, AnalyzerError):
            failures.append(f"{file_name}: {outcome}")
            is_partial = True
        else:
            is_partial |= outcome.is_partial
            kept += [one for one in outcome.candidates if not any(_repeats(one, other) for other in kept)]
    return Analysis(tuple(sorted(kept, key=lambda one: (one.span, one.rule))), tuple(failures), is_partial)


def _repeats(one: Candidate, other: Candidate) -> bool:
    """Whether an earlier candidate already says this: the same weakness on one of its lines, by another rule.

    Ruff comes first, so ruff's stays: its rules are documented in public, where a user can look one up. Two hits of one
    rule on one line are two places, unless they are the same.
    """
    if one.cwe != other.cwe or (one.rule == other.rule and one.span != other.span):
        return False
    return one.span.start.line <= other.span.end.line and other.span.start.line <= one.span.end.line
