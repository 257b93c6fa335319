"""One run: the units of one document that are reviewed because of one save, opening or command."""

import asyncio
from collections.abc import Coroutine, Sequence
from dataclasses import replace
from functools import partial
from typing import Protocol

from qcn_lsp.config.settings import Mode
from qcn_lsp.core.unit import Unit
from qcn_lsp.errors import SERVER_IS_GONE, BackendError, Dropped
from qcn_lsp.review.outcome import UnitReview
from qcn_lsp.scheduling.queue import Priority
from qcn_lsp.session.client import Client, ProgressReport
from qcn_lsp.session.engine import Engine
from qcn_lsp.session.open_document import OpenDocument
from qcn_lsp.session.preview import Preview
from qcn_lsp.session.remembered import Memory
from qcn_lsp.session.router import PassedOver, Ready
from qcn_lsp.session.watch import Progress, discarded

# A server that reads a long prompt may say nothing for minutes; its user should see that somebody waits.
_SECONDS_BETWEEN_SIGNS = 5.0


class Owner(Protocol):
    """The session a run belongs to."""

    client: Client
    engine: Engine
    memory: Memory

    def spawn(self, work: Coroutine[None, None, None]) -> asyncio.Task[None]:
        """Starts a task that the session keeps until it ends."""
        ...

    def tell(self, text: str, backend: str = "", what: str = "") -> None:
        """Says something to the user, once."""

    def recovered(self, backend: str) -> None:
        """What was said about a backend may be said again."""

    def await_better(self) -> None:
        """Watches for better backends, if some unit has to do without one."""

    def look_again(self, mode: Mode) -> None:
        """Has reviewed by a mode that is up what only lesser ones have reviewed."""


class ReviewRun:
    """Reviews units, each in a task of its own, so that one that became stale is given up alone.

    Args:
        owner: The session.
        opened: The document; its snapshot at this moment is what is reviewed.
        units: The units, in the order they are asked about.
        route: The modes that may review, the best first.
        priority: How urgent they are.
    """

    def __init__(
        self, owner: Owner, opened: OpenDocument, units: tuple[Unit, ...], route: Sequence[Mode], priority: Priority
    ) -> None:
        self._owner = owner
        self._engine = owner.engine
        self._opened = opened
        self._snapshot = opened.snapshot
        self._units = units
        self._priority = priority
        self._route = route
        self._tasks: list[asyncio.Task[None]] = []
        self._prepared = asyncio.Event()
        self._served = False
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
            routed = await self._engine.router.first_ready(self._route)
            if all(task.done() for task in self._tasks):
                return  # meanwhile the file was closed, or other settings have come
            self._served = routed.ready is not None
            if self._served:
                self._report = self._owner.client.begin_progress(self._title(), self.cancel)
            else:
                for one in routed.passed:
                    self._owner.tell(one.reason, one.backend)
                    self._opened.could_not_be_served(unit.digest for unit in self._units)
            self._owner.client.status_changed()
            self._prepared.set()
            while (await asyncio.wait(self._tasks, timeout=_SECONDS_BETWEEN_SIGNS))[1]:
                self._still_there()
        finally:
            self.cancel()
            if self._report:
                self._report.end(f"{self._done} of {len(self._units)} reviewed")
            self._owner.client.status_changed()
            overtaken = {self._opened.overtaken.pop(unit.digest, None) for unit in self._units}
            for mode in filter(None, overtaken):
                self._owner.look_again(mode)
            self._owner.await_better()

    async def _review(self, unit: Unit) -> None:
        await self._prepared.wait()
        if not self._served or self._snapshot is None:
            return
        self._opened.overtaken.pop(unit.digest, None)  # what came up until now has been considered
        self.progress(Progress(unit))
        preview = self._owner.spawn(Preview(self._engine, self._opened, self._snapshot, unit, self.partial).run())
        try:
            reviewed = await self._engine.review(self._snapshot, unit, self, self._route, self._priority)
        except Dropped:
            self._opened.owed.add(unit.digest)
        except BackendError as error:
            if isinstance(error, SERVER_IS_GONE):
                self._opened.could_not_be_served([unit.digest])
            known = self._opened.reviews.get(unit.digest)
            if known and (known.complete or known.flaws):
                left = f"What {known.mode} found stays"
            else:
                left = "What is shown for this code comes from the analyzers alone"
            self._owner.tell(f"{self._named(unit)}: {error}. {left}", error.backend, type(error).__name__)
        else:
            self._done += 1
            self._opened.unserved.discard(unit.digest)
            self._owner.recovered(reviewed.ready.name)
            if reviewed.review.rejected:
                self._owner.tell(f"{self._named(unit)}: {discarded(reviewed.review.rejected)}")
            self.partial(unit, reviewed.review)
            await self._owner.memory.keep(self._snapshot, unit, reviewed.review)
        finally:
            preview.cancel()

    def progress(self, progress: Progress) -> None:
        """Passes on where a unit stands."""
        self._last = progress
        if self._report:
            self._report.report(progress, self._done, len(self._units))

    def passed_over(self, passed: PassedOver, ready: Ready) -> None:
        """Says who reviews instead of whom."""
        worth = "" if ready.mode is Mode.PRECISE else "; what it finds is preliminary"
        self._owner.tell(f"{passed.reason}. {ready.name} reviews instead{worth}", passed.backend, f"for {ready.name}")

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

    def _title(self) -> str:
        count = f"{len(self._units)} units" if len(self._units) != 1 else self._units[0].name or "module code"
        return f"Reviewing {count} of {self._opened.document.path}"
