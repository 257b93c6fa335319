"""Reviews one unit with one backend: packs, asks, reads the answer as it comes, checks, reports."""

from collections.abc import Iterable
from contextlib import aclosing, suppress
from dataclasses import replace
from typing import TypeAlias

from qcn_lsp.config.settings import Mode
from qcn_lsp.context.budget import Budget
from qcn_lsp.core.candidate import candidates_in
from qcn_lsp.core.finding import FindingState
from qcn_lsp.core.generation import GenerationRequest, Usage
from qcn_lsp.core.positions import LineRange
from qcn_lsp.core.unit import Unit
from qcn_lsp.errors import BadAnswer, ContextOverflow
from qcn_lsp.prompting.answer_format import MAX_TOKENS, REVIEW_ANSWER, SECOND_LOOK_ANSWER, SECOND_LOOK_TOKENS
from qcn_lsp.prompting.layout import ProjectFacts, second_look_messages
from qcn_lsp.review.outcome import OutcomeBuilder
from qcn_lsp.review.second_look import prevents
from qcn_lsp.review.verdict_reader import VerdictReader
from qcn_lsp.session.answer import Answer
from qcn_lsp.session.packing import Context, Packer
from qcn_lsp.session.router import Ready
from qcn_lsp.session.snapshot import Snapshot
from qcn_lsp.session.watch import Progress, Reviewed, Watch

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
        self._asked = 0
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
            answer = Answer(progress, watch)
            self._asked += 1
            reader = VerdictReader()
            async with aclosing(answer.stream(self._ready, request)) as pieces:
                async for piece in pieces:
                    if [one for verdict in reader.feed(piece) if (one := builder.add(verdict, asked))]:
                        watch.partial(unit, builder.so_far())
            usage += answer.usage
            rejected += reader.rejected
            whole = whole and reader.complete and not reader.malformed
            if reader.malformed or (not reader.complete and answer.finish_reason != "length"):
                raise BadAnswer(
                    self._ready.name,
                    "the answer is not in the agreed format: check that the server applies grammars",
                )
            usage += await self._look_twice(builder, asked, request, answer, watch)
        review = replace(builder.finish(whole=whole, rejected=rejected), model=self._ready.info.model)
        return Reviewed(review, usage, self._ready, self._asked)

    async def _look_twice(
        self, builder: OutcomeBuilder, asked: LineRange, request: GenerationRequest, answer: Answer, watch: Watch
    ) -> Usage:
        """Asks about each serious finding that no analyzer supports what prevents it, before it counts as verified.

        One that cannot be asked about stays preliminary: what the review has cost is not to be paid again for it.
        """
        usage = Usage()
        for doubt in tuple(builder.doubts):
            messages = second_look_messages(request.messages, answer.text, doubt.line, doubt.flaw.cwe)
            if not await self._packer.fits(messages):
                continue
            second = Answer(answer.begun, watch)
            self._asked += 1
            question = GenerationRequest(messages, SECOND_LOOK_TOKENS, answer_format=SECOND_LOOK_ANSWER)
            with suppress(BadAnswer, ContextOverflow):
                async with aclosing(second.stream(self._ready, question)) as pieces:
                    async for _ in pieces:
                        pass
            usage += second.usage
            is_whole = second.finish_reason not in {"", "length"}  # half a number is another one
            prevented = prevents(second.text, self._snapshot.document.lines, asked) if is_whole else None
            if prevented is not None:
                builder.settle(doubt, prevented=prevented)
        builder.doubts.clear()
        return usage

    async def _question(self, asked: LineRange, context: Context) -> Question:
        messages = self._packer.messages(asked, context)
        if not await self._packer.fits(messages):
            raise ContextOverflow(self._ready.name, None, self._ready.info.ctx)
        return asked, GenerationRequest(messages, self.budget.answer, answer_format=REVIEW_ANSWER)
