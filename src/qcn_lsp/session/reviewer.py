"""Reviews one unit with one backend: packs, asks, reads the answer as it comes, checks, reports."""

import time
from collections.abc import AsyncGenerator, Iterable
from contextlib import aclosing
from dataclasses import replace
from typing import TypeAlias

from qcn_lsp.config.settings import Mode
from qcn_lsp.context.budget import Budget
from qcn_lsp.core.candidate import candidates_in
from qcn_lsp.core.finding import FindingState
from qcn_lsp.core.generation import Completed, GenerationRequest, PromptProgress, TextDelta, Usage
from qcn_lsp.core.positions import LineRange
from qcn_lsp.core.unit import Unit
from qcn_lsp.errors import BadAnswer, ContextOverflow
from qcn_lsp.prompting.answer_format import MAX_TOKENS, REVIEW_ANSWER
from qcn_lsp.prompting.layout import FileContext, ProjectFacts
from qcn_lsp.review.outcome import OutcomeBuilder
from qcn_lsp.review.verdict_reader import VerdictReader
from qcn_lsp.session.packing import Packer
from qcn_lsp.session.router import Ready
from qcn_lsp.session.snapshot import Snapshot
from qcn_lsp.session.watch import Progress, Reviewed, Watch

# A server that ignores max_tokens must not fill our memory: the longest answer the grammar allows has 2,000 characters.
_MOST_CHARACTERS = 20_000

Question: TypeAlias = tuple[LineRange, GenerationRequest]
"""The lines that are asked about, and what is sent."""


class Reviewer:
    """Reviews units of one snapshot with one backend.

    Args:
        ready: The backend.
        snapshot: The file.
        project: Facts about its project.
    """

    def __init__(self, ready: Ready, snapshot: Snapshot, project: ProjectFacts) -> None:
        self._ready = ready
        self._snapshot = snapshot
        self.budget = Budget(ready.info.ctx, min(MAX_TOKENS, ready.info.ctx // 4))
        self._packer = Packer(snapshot, project, ready.backend.count_tokens, self.budget)

    async def fits(self, unit: Unit) -> bool:
        """Whether the unit can be asked about in one piece.

        Raises:
            BackendError: The server failed.
        """
        return len(await self._packer.pieces(unit)) == 1

    async def questions(self, unit: Unit) -> tuple[Question, ...]:
        """What is to be asked about a unit, all of it before anything is sent.

        Raises:
            ContextOverflow: Not even one of its lines fits.
            BackendError: The server failed.
        """
        return tuple([await self._question(asked, context) for asked, context in await self._packer.pieces(unit)])

    async def review(self, unit: Unit, questions: Iterable[Question], watch: Watch) -> Reviewed:
        """Reviews one unit.

        Args:
            unit: Which.
            questions: About it.
            watch: Told where it stands and what may be shown.

        Raises:
            BackendError: The server failed; nothing of an unchecked answer was shown.
        """
        progress = Progress(unit, self._ready.name)
        watch.progress(progress)
        builder = OutcomeBuilder(
            unit,
            self._snapshot.document.lines,
            candidates_in(unit.lines, self._snapshot.candidates),
            FindingState.VERIFIED if self._ready.mode is Mode.PRECISE else FindingState.PRELIMINARY,
            self._ready.mode.value,
        )
        usage, rejected, whole = Usage(), 0, True
        for asked, request in questions:
            answer = _Answer(progress, watch)
            reader = VerdictReader()
            async with aclosing(answer.stream(self._ready, request)) as pieces:
                async for piece in pieces:
                    if [one for verdict in reader.feed(piece) if (one := builder.add(verdict, asked))]:
                        watch.partial(unit, builder.so_far())
            usage = _sum(usage, answer.usage)
            rejected += reader.rejected
            whole = whole and reader.complete and not reader.malformed
            if reader.malformed or (not reader.complete and answer.finish_reason != "length"):
                raise BadAnswer(
                    self._ready.name,
                    "the answer is not in the agreed format: check that the server applies grammars",
                )
        return Reviewed(builder.finish(whole=whole, rejected=rejected), usage, self._ready)

    async def _question(self, asked: LineRange, context: FileContext) -> Question:
        messages = self._packer.messages(asked, context)
        if not await self._packer.fits(messages):
            raise ContextOverflow(self._ready.name, None, self._ready.info.ctx)
        return asked, GenerationRequest(messages, self.budget.answer, answer_format=REVIEW_ANSWER)


class _Answer:
    """One generation, with its progress and its cost."""

    def __init__(self, begun: Progress, watch: Watch) -> None:
        self._begun = begun
        self._watch = watch
        self.finish_reason = ""
        self.usage = Usage()

    async def stream(self, ready: Ready, request: GenerationRequest) -> AsyncGenerator[str]:
        """The pieces of the answer's text; closing it frees the server's slot."""
        started = time.monotonic()
        first_token = None
        progress, characters = self._begun, 0
        async with aclosing(ready.backend.generate(request)) as events:
            async for event in events:
                now = time.monotonic()
                match event:
                    case PromptProgress(processed, cached, total):
                        progress = replace(progress, prompt_done=processed, prompt_cached=cached, prompt_total=total)
                    case TextDelta(text):
                        first_token = first_token or now
                        progress = replace(
                            progress, generated=progress.generated + 1, writing_seconds=now - first_token
                        )
                        characters += len(text)
                        yield text
                    case Completed(reason, usage):
                        self.finish_reason, self.usage = reason, usage
                if characters > _MOST_CHARACTERS:
                    raise BadAnswer(ready.name, "the answer does not end: check that the server applies max_tokens")
                self._watch.progress(replace(progress, seconds=now - started))


def _sum(one: Usage, other: Usage) -> Usage:
    return Usage(
        one.prompt_tokens + other.prompt_tokens,
        (one.cached_tokens or 0) + (other.cached_tokens or 0),
        one.completion_tokens + other.completion_tokens,
        one.prompt_seconds + other.prompt_seconds,
        one.completion_seconds + other.completion_seconds,
    )
