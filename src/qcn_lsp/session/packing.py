"""Fits a unit and its context into a backend's context limit, by the server's own count."""

from collections.abc import Awaitable, Callable, Sequence
from dataclasses import replace
from typing import TypeAlias

from qcn_lsp.context.budget import Budget, most_tokens
from qcn_lsp.core.candidate import Candidate, candidates_in
from qcn_lsp.core.generation import Message
from qcn_lsp.core.positions import LineRange
from qcn_lsp.core.unit import Unit
from qcn_lsp.prompting.layout import FileContext, ProjectFacts, question_text, review_messages
from qcn_lsp.session.snapshot import Snapshot
from qcn_lsp.syntax.chunks import chunks_of
from qcn_lsp.syntax.outline import called_names

Count = Callable[[str], Awaitable[int]]
Context: TypeAlias = tuple[ProjectFacts, FileContext]
"""What is told before a question."""

# Upper bounds in tokens: the question's own words with the template around six messages, a suspected place
# (`line 123 CWE-1234, `), and the number before a line (`123|`) with the line's end.
_QUESTION_TOKENS = 128
_SUSPECT_TOKENS = 24
_LINE_NUMBER_TOKENS = 8
# More signatures than this do not help to judge a unit; at 117 tokens a second they would cost many seconds.
_MOST_SIGNATURES = 60


class Packer:
    """Builds the messages of one file's reviews.

    Args:
        snapshot: The file.
        project: Facts about its project.
        count: The server's tokenizer.
        budget: What one request may use.
    """

    def __init__(self, snapshot: Snapshot, project: ProjectFacts, count: Count, budget: Budget) -> None:
        self._snapshot = snapshot
        self._project = replace(project, language=snapshot.document.language)
        self._count = count
        self._budget = budget

    async def pieces(self, unit: Unit) -> tuple[tuple[LineRange, Context], ...]:
        """The pieces a unit is asked about in, each with the richest context that still fits.

        A unit that fits is one piece; a longer one is split at statement borders.
        """
        contexts = self._contexts(unit)
        for context in contexts:
            if await self._fits(unit.lines, context):
                return ((unit.lines, context),)
        least = contexts[-1]
        question = _QUESTION_TOKENS + _SUSPECT_TOKENS * len(self._suspects(unit.lines))
        left = self._budget.prompt - await self._prompt_tokens(least, "") - question
        lines = self._snapshot.document.lines
        costs = [most_tokens(line) + _LINE_NUMBER_TOKENS for line in lines]
        return tuple((chunk, least) for chunk in chunks_of(self._snapshot.parsed, unit, costs, max(left, 1)))

    def prefix(self) -> tuple[Message, ...]:
        """What every question about this file begins with, and an empty one: for a server to read it in advance."""
        return review_messages(self._project, _whole_file(self._snapshot), "")

    def messages(self, asked: LineRange, context: Context) -> tuple[Message, ...]:
        """The messages of the question about some lines, with what the analyzers suspect there."""
        question = question_text(self._snapshot.document.lines, asked, self._suspects(asked))
        return review_messages(*context, question)

    async def fits(self, messages: Sequence[Message]) -> bool:
        """Whether prompt + answer + margin ≤ ctx; the server is asked only if the bound does not settle it."""
        if self._budget.fits(most_tokens(message.content) for message in messages):
            return True
        return self._budget.fits([await self._count(message.content) for message in messages])

    async def _fits(self, asked: LineRange, context: Context) -> bool:
        return await self.fits(self.messages(asked, context))

    def _suspects(self, asked: LineRange) -> list[Candidate]:
        return candidates_in(asked, self._snapshot.candidates)

    async def _prompt_tokens(self, context: Context, question: str) -> int:
        messages = review_messages(*context, question)
        return sum([await self._count(message.content) for message in messages])

    def _contexts(self, unit: Unit) -> tuple[Context, ...]:
        """Contexts from the richest to none.

        The richest is the same for every unit of a file, so that the server reads it once; the next keeps only what the
        unit calls. What is known of languages and frameworks goes last: without it there is more room for code.
        """
        snapshot, outline = self._snapshot, self._snapshot.outline
        path, language = snapshot.document.path, snapshot.language_name
        called = called_names(snapshot.parsed, unit.lines)
        needed = tuple(one.text for one in outline.signatures if one.name.rpartition(".")[2] in called)
        files = (
            _whole_file(snapshot),
            FileContext(path, language, outline.imports, needed[:_MOST_SIGNATURES]),
            FileContext(path, language, outline.imports),
            FileContext(path, language),
        )
        return (*((self._project, file) for file in files), (replace(self._project, language=""), files[-1]))


def _whole_file(snapshot: Snapshot) -> FileContext:
    signatures = tuple(one.text for one in snapshot.outline.signatures[:_MOST_SIGNATURES])
    return FileContext(snapshot.document.path, snapshot.language_name, snapshot.outline.imports, signatures)
