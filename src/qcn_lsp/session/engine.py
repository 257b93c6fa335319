"""Everything a review needs besides the code: settings, backends, queue, facts about projects."""

import asyncio
from collections.abc import Callable, Coroutine, Sequence
from contextlib import aclosing
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import TypeVar

from qcn_lsp.analyzers.analysis import Analyzers
from qcn_lsp.backends.registry import SILENCE_LIMIT_SECONDS
from qcn_lsp.config.settings import Mode, Settings
from qcn_lsp.context.budget import shrunk
from qcn_lsp.context.project import MANIFESTS, declared_frameworks
from qcn_lsp.core.generation import Completed, Feature, InfillRequest, TextDelta, Usage
from qcn_lsp.core.unit import Unit
from qcn_lsp.errors import ContextOverflow, UnreadableFile
from qcn_lsp.prompting.layout import ProjectFacts
from qcn_lsp.scheduling.queue import Priority
from qcn_lsp.scheduling.scheduler import Scheduler
from qcn_lsp.session.failover import with_first
from qcn_lsp.session.router import Ready, Router
from qcn_lsp.session.snapshot import Snapshot
from qcn_lsp.session.status import BackendStatus
from qcn_lsp.session.watch import Reviewed, Watch
from qcn_lsp.workspace.files import read_text

Result = TypeVar("Result")

_MANIFEST_KIB = 256


@dataclass(frozen=True, slots=True)
class Infilled:
    """What a fast backend put between two texts, what it cost, and who did it."""

    text: str
    completed: Completed
    ready: Ready


@dataclass(frozen=True, slots=True)
class Spent:
    """What work has cost, by the server's own figures."""

    requests: int = 0
    usage: Usage = field(default_factory=Usage)


class Engine:
    """Backends and their queues, shared by all documents.

    Args:
        settings: The settings; their backends and routing do not change during its life.
        silence_limit_seconds: How long a server may send nothing while it works.
    """

    def __init__(self, settings: Settings, silence_limit_seconds: float = SILENCE_LIMIT_SECONDS) -> None:
        self.settings = settings
        self.scheduler = Scheduler()
        self.router = Router(
            settings, lambda name: self.scheduler.running(name) > 0, silence_limit_seconds=silence_limit_seconds
        )
        self.analyzers = Analyzers()
        self._facts: dict[Path, ProjectFacts] = {}
        self._speeds: dict[str, float] = {}
        self.spent: dict[str, Spent] = {}
        """By backend, since the start."""

    async def review(
        self,
        snapshot: Snapshot,
        unit: Unit,
        watch: Watch,
        modes: Sequence[Mode],
        priority: Priority = Priority.VISIBLE_REVIEW,
    ) -> Reviewed:
        """Reviews one unit with the first backend of a route that is up and has a free slot for it.

        Args:
            snapshot: The file.
            unit: The unit.
            watch: Told how it goes.
            modes: The route.
            priority: How urgent it is.

        Raises:
            BackendError: No backend of the route could.
            Dropped: Newer work took its place, or the engine was closed.
        """
        from qcn_lsp.session.reviewer import Reviewer  # loads pydantic

        project = await self.project_facts(snapshot.document.root)

        async def fits(ready: Ready) -> bool:
            return await Reviewer(ready, snapshot, project).fits(unit)

        async def in_slot(ready: Ready) -> Reviewed:
            reviewer = Reviewer(ready, snapshot, project)
            questions = await reviewer.questions(unit)
            try:
                return await reviewer.review(unit, questions, watch)
            except ContextOverflow as refused:
                # A server that does not say how much fits can be asked; it may have been started anew with less.
                told_ctx = refused.ctx or (await ready.backend.probe()).ctx
                self.router.shrank(ready.name, told_ctx)
                ctx = shrunk(reviewer.budget, refused.prompt_tokens, told_ctx)
                smaller = Reviewer(replace(ready, info=replace(ready.info, ctx=ctx)), snapshot, project)
                return await smaller.review(unit, await smaller.questions(unit), watch)

        async def review(ready: Ready) -> Reviewed:
            # With the route: a server that gives the first opinion may have to review after all, and does both.
            key = f"review {'/'.join(modes)} {snapshot.document.uri} {unit.digest}"
            return await self.in_turn(ready, priority, in_slot, key)

        reviewed = await with_first(self.router, modes, review, fits=fits, passed_over=watch.passed_over)
        self.note(reviewed.ready, reviewed.usage, reviewed.requests)
        return reviewed

    async def infill(
        self, request: InfillRequest, key: str, on_text: Callable[[str], None] = lambda _: None
    ) -> Infilled:
        """Fills in the middle with the first backend of `routing.complete` that can.

        Args:
            request: What to fill.
            key: Where; a newer request for the same place takes this one's.
            on_text: Told the answer so far, at every piece.

        Raises:
            BackendError: No backend of the route could.
            Dropped: A newer request took its place, or the engine was closed.
        """

        async def in_slot(ready: Ready) -> Infilled:
            text = ""
            async with aclosing(ready.backend.infill(request)) as events:
                async for event in events:
                    if isinstance(event, TextDelta):
                        text += event.text
                        on_text(text)
                    elif isinstance(event, Completed):
                        return Infilled(text, event, ready)
            raise RuntimeError("a backend ended without Completed")

        async def infill(ready: Ready) -> Infilled:
            return await self.in_turn(ready, Priority.COMPLETION, in_slot, key)

        infilled = await with_first(self.router, self.settings.routing.complete, infill, needs=Feature.INFILL)
        self.note(infilled.ready, infilled.completed.usage)
        return infilled

    def backend_states(self) -> tuple[BackendStatus, ...]:
        """Every backend of the settings."""
        return tuple(
            BackendStatus(
                name=one.name,
                mode=one.mode,
                state=self.router.health(one.name).standing,
                reason=self.router.health(one.name).reason,
                queue=self.scheduler.waiting(one.name),
                tokens_per_second=round(self._speeds.get(one.name, 0.0), 2),
            )
            for one in self.settings.backends
        )

    async def close(self) -> None:
        """Gives up all work, on the servers too, closes every connection, and ends the analyzers' processes."""
        await self.scheduler.close()
        await asyncio.gather(self.router.close(), self.analyzers.close())

    async def in_turn(
        self, ready: Ready, priority: Priority, work: Callable[[Ready], Coroutine[None, None, Result]], key: str
    ) -> Result:
        """Does work in one of a backend's slots, when its turn has come.

        Args:
            ready: The backend.
            priority: How urgent it is.
            work: What to do with it.
            key: What it is about; newer work with the same key takes its place.

        Raises:
            BackendUnavailable: The backend has gone down meanwhile.
            Dropped: Newer work took its place, or the engine was closed.
        """

        async def in_slot() -> Result:
            self.router.require(ready.name)
            return await work(ready)

        return await self.scheduler.run(ready.name, ready.info.slots, priority, in_slot, key)

    def note(self, ready: Ready, usage: Usage, requests: int = 1) -> None:
        """Adds up what work has cost."""
        before = self.spent.get(ready.name, Spent())
        self.spent[ready.name] = Spent(before.requests + requests, before.usage + usage)
        if usage.completion_seconds:
            self._speeds[ready.name] = usage.completion_tokens / usage.completion_seconds

    async def project_facts(self, root: Path | None) -> ProjectFacts:
        """What is known of the project in a folder, read once."""
        if root is None:
            return ProjectFacts("")
        if root not in self._facts:
            self._facts[root] = await asyncio.to_thread(_read_facts, root)
        return self._facts[root]


def _read_facts(root: Path) -> ProjectFacts:
    texts = []
    for name in MANIFESTS:
        try:
            texts.append(read_text(root / name, _MANIFEST_KIB))
        except UnreadableFile:
            continue  # most projects have one manifest of these
    return ProjectFacts(root.name, declared_frameworks(texts))
