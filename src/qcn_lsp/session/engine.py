"""Everything a review needs besides the code: settings, backends, queue, facts about projects."""

import asyncio
from pathlib import Path

from qcn_lsp.analyzers.analysis import Analyzers
from qcn_lsp.config.settings import Settings
from qcn_lsp.context.project import MANIFESTS, declared_frameworks
from qcn_lsp.core.unit import Unit
from qcn_lsp.errors import UnreadableFile
from qcn_lsp.prompting.layout import ProjectFacts
from qcn_lsp.scheduling.scheduler import Scheduler
from qcn_lsp.scheduling.slots import Priority
from qcn_lsp.session.pool import PassedOver, Pool, Ready
from qcn_lsp.session.snapshot import Snapshot
from qcn_lsp.session.status import BackendStatus
from qcn_lsp.session.watch import Reviewed, Watch
from qcn_lsp.workspace.files import read_text

_MANIFEST_KIB = 256


class Engine:
    """Backends and their queues, shared by all documents.

    Args:
        settings: The settings; their backends and routing do not change during its life.
    """

    def __init__(self, settings: Settings) -> None:
        self.settings = settings
        self.pool = Pool(settings)
        self.scheduler = Scheduler()
        self.analyzers = Analyzers()
        self._facts: dict[Path, ProjectFacts] = {}
        self._speeds: dict[str, float] = {}

    async def reviewing_backend(self) -> tuple[Ready | None, tuple[PassedOver, ...]]:
        """The backend that reviews now, None for the analyzers alone; and why better ones do not."""
        return await self.pool.first_ready(self.settings.routing.review)

    async def review(
        self, ready: Ready, snapshot: Snapshot, unit: Unit, watch: Watch, priority: Priority = Priority.VISIBLE_REVIEW
    ) -> Reviewed:
        """Reviews one unit as soon as the backend has a free slot.

        Raises:
            BackendError: The server failed.
        """
        from qcn_lsp.session.reviewer import Reviewer  # loads pydantic

        project = await self._project_facts(snapshot.document.root)
        async with self.scheduler.slot(ready.backend.name, ready.info.slots, priority):
            reviewed = await Reviewer(ready, snapshot, project).review(unit, watch)
        if reviewed.usage.completion_seconds:
            self._speeds[ready.backend.name] = reviewed.usage.completion_tokens / reviewed.usage.completion_seconds
        return reviewed

    def backend_states(self) -> tuple[BackendStatus, ...]:
        """Every backend of the settings."""
        return tuple(
            BackendStatus(
                one.name,
                one.mode,
                self.pool.state(one.name),
                self.scheduler.waiting(one.name),
                round(self._speeds.get(one.name, 0.0), 2),
            )
            for one in self.settings.backends
        )

    async def close(self) -> None:
        """Closes every connection and ends the analyzers' processes; reviews must have been cancelled."""
        await asyncio.gather(self.pool.close(), self.analyzers.close())

    async def _project_facts(self, root: Path | None) -> ProjectFacts:
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
