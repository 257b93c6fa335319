"""One run: the units of one document that are reviewed because of one save, opening or command."""

import asyncio
from collections.abc import Coroutine
from dataclasses import replace
from functools import partial
from typing import Protocol

from qcn_lsp.core.unit import Unit
from qcn_lsp.errors import SERVER_IS_GONE, BackendError
from qcn_lsp.review.outcome import UnitReview
from qcn_lsp.session.client import Client, ProgressReport
from qcn_lsp.session.engine import Engine
from qcn_lsp.session.open_document import OpenDocument
from qcn_lsp.session.pool import Ready
from qcn_lsp.session.watch import Progress, discarded

# A server that reads a long prompt may say nothing for minutes; its user should see that somebody waits.
_SECONDS_BETWEEN_SIGNS = 5.0


class Owner(Protocol):
    """The session a run belongs to."""

    client: Client
    engine: Engine

    def spawn(self, work: Coroutine[None, None, None]) -> asyncio.Task[None]:
        """Starts a task that the session keeps until it ends."""
        ...

    def tell(self, text: str, backend: str = "", what: str = "") -> None:
        """Says something to the user, once."""

    def recovered(self, backend: str) -> None:
        """What was said about a backend may be said again."""


class ReviewRun:
    """Reviews units, each in a task of its own, so that one that became stale is given up alone.

    Args:
        owner: The session.
        opened: The document; its snapshot at this moment is what is reviewed.
        units: The units, in the order they are asked about.
    """

    def __init__(self, owner: Owner, opened: OpenDocument, units: tuple[Unit, ...]) -> None:
        self._owner = owner
        self._engine = owner.engine
        self._opened = opened
        self._snapshot = opened.snapshot
        self._units = units
        self._tasks: list[asyncio.Task[None]] = []
        self._prepared = asyncio.Event()
        self._ready: Ready | None = None
        self._report: ProgressReport | None = None
        self._done = 0
        self._last: Progress | None = None

    def start(self) -> None:
        """Enters the units as running at once, so that nothing starts them twice."""
        for unit in self._units:
            task = self._owner.spawn(self._review(unit))
            task.add_done_callback(partial(self._left, unit))
            self._opened.running[unit.digest] = task
            self._tasks.append(task)
        self._owner.spawn(self._run())

    def cancel(self) -> None:
        """Gives up every unit that is not finished; the server's slot is freed."""
        for task in self._tasks:
            task.cancel()

    async def _run(self) -> None:
        try:
            self._ready, passed = await self._engine.reviewing_backend()
            for one in passed:
                self._owner.tell(one.reason, one.backend)
            if self._ready:
                self._report = self._owner.client.begin_progress(self._title(self._ready), self.cancel)
            self._owner.client.status_changed()
            self._prepared.set()
            while (await asyncio.wait(self._tasks, timeout=_SECONDS_BETWEEN_SIGNS))[1]:
                self._still_there()
        finally:
            self.cancel()
            if self._report:
                self._report.end(f"{self._done} of {len(self._units)} reviewed")
            self._owner.client.status_changed()

    async def _review(self, unit: Unit) -> None:
        await self._prepared.wait()
        if self._ready is None or self._snapshot is None:
            return
        self.progress(Progress(unit))
        try:
            reviewed = await self._engine.review(self._ready, self._snapshot, unit, self)
        except BackendError as error:
            text = f"{self._named(unit)}: {error}. What is shown for this code comes from the analyzers alone"
            self._owner.tell(text, self._ready.backend.name, type(error).__name__)
            if isinstance(error, SERVER_IS_GONE):
                self._engine.pool.failed(self._ready.backend.name, str(error))
                self.cancel()
        else:
            self._done += 1
            self._owner.recovered(self._ready.backend.name)
            if reviewed.review.rejected:
                self._owner.tell(f"{self._named(unit)}: {discarded(reviewed.review.rejected)}")
            self.partial(unit, reviewed.review)

    def progress(self, progress: Progress) -> None:
        """Passes on where a unit stands."""
        self._last = progress
        if self._report:
            self._report.report(progress, self._done, len(self._units))

    def _still_there(self) -> None:
        """Shows that time passes while a server says nothing."""
        if self._last:
            self.progress(replace(self._last, seconds=self._last.seconds + _SECONDS_BETWEEN_SIGNS))
        self._owner.client.status_changed()

    def partial(self, unit: Unit, review: UnitReview) -> None:
        """Shows what was checked so far."""
        self._opened.keep(unit.digest, review)
        self._owner.client.findings_changed(self._opened.document.uri)

    def _left(self, unit: Unit, task: asyncio.Task[None]) -> None:
        if self._opened.running.get(unit.digest) is task:
            del self._opened.running[unit.digest]

    def _named(self, unit: Unit) -> str:
        return f"{self._opened.document.path}, {unit.label}"

    def _title(self, ready: Ready) -> str:
        count = f"{len(self._units)} units" if len(self._units) != 1 else self._units[0].name or "module code"
        return f"Reviewing {count} of {self._opened.document.path} with {ready.mode}"
