"""The session of one editor: takes what the editor says, and tells it when findings change.

What the editor says is taken in synchronously; analysis and reviews run in tasks that read immutable snapshots and
check that the text is still the same before anything is shown.
"""

import asyncio
import logging
import traceback
from collections.abc import Callable, Coroutine, Sequence
from pathlib import Path

from qcn_lsp.config.settings import Mode, Settings, Trigger
from qcn_lsp.core.document import Document
from qcn_lsp.core.finding import Finding
from qcn_lsp.core.unit import Unit
from qcn_lsp.scheduling.health import Standing
from qcn_lsp.scheduling.queue import Priority
from qcn_lsp.session.client import Client
from qcn_lsp.session.engine import Engine
from qcn_lsp.session.open_document import OpenDocument
from qcn_lsp.session.recall import recall
from qcn_lsp.session.recovery import Recovery
from qcn_lsp.session.remembered import Memory
from qcn_lsp.session.revision import Revision
from qcn_lsp.session.run import ReviewRun
from qcn_lsp.session.skipping import reason_to_skip
from qcn_lsp.session.snapshot import take_snapshot
from qcn_lsp.session.status import Status
from qcn_lsp.session.telling import Told
from qcn_lsp.session.warm_up import WarmUp
from qcn_lsp.storage.async_store import AsyncStore
from qcn_lsp.workspace.walk import Ignored

_LOG = logging.getLogger(__name__)

# An edit has settled when no key came for this long; with the analysis it stays well under the 300 ms of the contract.
SETTLE_SECONDS = 0.1
# With `review.trigger = "idle"` the model is asked after this long without a key.
IDLE_SECONDS = 2.0


class Session:
    """Everything behind one editor.

    Args:
        client: The editor.
        settings: The settings now.
        open_store: Makes the store of reviews, given whom to tell what is wrong with it; None for no store.
    """

    def __init__(
        self,
        client: Client,
        settings: Settings,
        open_store: Callable[[Callable[[str], None]], AsyncStore] | None = None,
    ) -> None:
        self.client = client
        self._told = Told(client.inform)
        self.memory = Memory(open_store(self.tell) if open_store else None)
        self.engine = self._new_engine(settings)
        self._recovery: asyncio.Task[None] | None = None
        self._warming: asyncio.Task[None] | None = None
        self.documents: dict[str, OpenDocument] = {}
        self._ignored = Ignored(settings.ignore)
        self._revision = Revision()
        self._tasks: set[asyncio.Task[None]] = set()

    @property
    def settings(self) -> Settings:
        """The settings now."""
        return self.engine.settings

    def configure(self, settings: Settings) -> None:
        """Takes new settings; where other backends serve now, reviews under way start again with them."""
        before = self.settings
        if settings == before:
            return
        self._ignored = Ignored(settings.ignore)
        if (settings.backends, settings.routing) == (before.backends, before.routing):
            self.engine.settings = settings
        else:
            self._replace_engine(settings)
        for uri in self.documents:
            self._settle(uri, 0)

    # What the editor says -------------------------------------------------------------------------------------------

    def open(self, document: Document) -> None:
        """A document was opened."""
        if document.uri in self.documents:
            self.close(document.uri)
        opened = OpenDocument(document, skipped=self._reason_to_skip(document))
        opened.wants_review = self.settings.review.trigger is not Trigger.MANUAL
        self.documents[document.uri] = opened
        self._settle(document.uri, 0)

    def change(self, document: Document) -> None:
        """A document's text changed. Costs next to nothing: the work is done when the edit has settled."""
        opened = self.documents.get(document.uri)
        if opened:
            opened.document = document
            if opened.skipped:
                opened.skipped = self._reason_to_skip(document)
            self._settle(document.uri, SETTLE_SECONDS)
            if self.settings.review.trigger is Trigger.IDLE:
                self._review_when_idle(opened)

    def save(self, uri: str) -> None:
        """A document was saved."""
        opened = self.documents.get(uri)
        if opened:
            opened.wants_review |= self.settings.review.trigger is not Trigger.MANUAL
            opened.base_known = False  # a commit may have moved HEAD since
            self._settle(uri, 0)

    def close(self, uri: str) -> None:
        """A document was closed; what runs for it is given up."""
        opened = self.documents.pop(uri, None)
        if opened:
            for task in (opened.analysis, *opened.running.values()):
                if task:
                    task.cancel()
            for timer in (opened.settling, opened.idling):
                if timer:
                    timer.cancel()
            self.client.findings_changed(uri)

    async def review(self, uri: str, line: int | None = None) -> int:
        """Reviews the unit at a line, or all units of the file, whether they changed or not.

        Returns:
            How many units are reviewed now.
        """
        await self.settled(uri)
        opened = self.documents.get(uri)
        if opened is None or opened.snapshot is None or opened.skipped:
            return 0
        units = [one for one in opened.snapshot.units if one.digest and (line is None or line in one.lines)]
        opened.asked |= {unit.digest for unit in units}
        if line is None:
            await self._recall(opened)
            if self.documents.get(uri) is not opened:
                return 0
            todo = [unit for unit in opened.unreviewed(self.settings.review) if unit in units]
        else:  # asked for again on purpose; what is known stays until there is something newer
            todo = [unit for unit in units if unit.digest not in opened.running]
        self.client.findings_changed(uri)
        self._start_review(opened, todo)
        return len(todo)

    async def forget(self) -> int:
        """Forgets every review, of earlier runs too; returns how many were kept on disk."""
        kept = await self.memory.clear()
        for uri, opened in self.documents.items():
            opened.forget()
            self.client.findings_changed(uri)
        return kept

    # What is known --------------------------------------------------------------------------------------------------

    async def settled(self, uri: str) -> None:
        """Waits until the document's text as it is now has been analyzed."""
        while (opened := self.documents.get(uri)) and not opened.skipped and not opened.analyzed:
            if opened.analysis is None:
                self._analyze_now(uri)
            elif not await _ended(opened.analysis):
                return

    async def finished(self) -> None:
        """Waits until nothing is analyzed, under review or read in advance; edits settle at once."""
        while True:
            for uri, opened in self.documents.items():
                if opened.settling:
                    opened.settling.cancel()
                    self._analyze_now(uri)
            tasks = [task for opened in self.documents.values() for task in (opened.analysis, *opened.running.values())]
            working = [task for task in (*tasks, self._warming) if task and not task.done()]
            if not working:
                return
            await asyncio.wait(working)

    def findings(self, uri: str) -> tuple[Document | None, tuple[Finding, ...]]:
        """What is shown for a document, and the text it is placed in."""
        opened = self.documents.get(uri)
        if opened is None or opened.snapshot is None or opened.skipped:
            return None, ()
        return opened.snapshot.document, opened.findings(self.settings.review)

    def up_to_date(self, uri: str) -> bool:
        """Whether findings are placed in the text as it is now; a closed or skipped document has none at all."""
        opened = self.documents.get(uri)
        return opened is None or bool(opened.skipped) or opened.analyzed

    def status(self) -> Status:
        """Backends, queues and how much is under review."""
        backends = self.engine.backend_states()
        up = {one.mode: one.name for one in reversed(backends) if one.state is Standing.UP}
        return Status(
            backends=backends,
            reviewing=sum(len(opened.running) for opened in self.documents.values()),
            reviewer=next((up[mode] for mode in self._route if mode in up), ""),
            unserved=self._waiting(),
        )

    async def shut_down(self) -> None:
        """Gives up everything, on the servers too."""
        for uri in list(self.documents):
            self.close(uri)
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        await self.engine.close()
        await self.memory.close()

    # Analysis -------------------------------------------------------------------------------------------------------

    def spawn(self, work: Coroutine[None, None, None]) -> asyncio.Task[None]:
        """Starts a task that the session keeps until it ends."""
        task = asyncio.get_running_loop().create_task(work)
        self._tasks.add(task)
        task.add_done_callback(self._finished)
        return task

    def _finished(self, task: asyncio.Task[None]) -> None:
        self._tasks.discard(task)
        if not task.cancelled() and (error := task.exception()):
            # The exception's text may quote code under review; where it happened may be logged.
            place = traceback.extract_tb(error.__traceback__)[-1].name
            _LOG.error("%s in %s", type(error).__name__, place)
            self.tell(f"An error inside qcn-lsp ({type(error).__name__} in {place}) ended a review; please report it")

    def _reason_to_skip(self, document: Document) -> str:
        return reason_to_skip(document, self._ignored, self.settings.review)

    def _replace_engine(self, settings: Settings) -> None:
        self.spawn(self.engine.close())
        if self._recovery:
            self._recovery.cancel()
        self.engine = self._new_engine(settings)
        for opened in self.documents.values():
            for digest in list(opened.running):
                opened.cancel(digest)
        self.await_better()

    def _review_when_idle(self, opened: OpenDocument) -> None:
        def idle() -> None:
            opened.wants_review = True
            self._analyze_now(opened.document.uri)

        if opened.idling:
            opened.idling.cancel()
        opened.idling = asyncio.get_running_loop().call_later(IDLE_SECONDS, idle)

    def _settle(self, uri: str, seconds: float) -> None:
        opened = self.documents[uri]
        if opened.settling:
            opened.settling.cancel()
        opened.settling = asyncio.get_running_loop().call_later(seconds, self._analyze_now, uri)

    def _analyze_now(self, uri: str) -> None:
        opened = self.documents.get(uri)
        if opened is None:
            return
        opened.settling = None
        opened.skipped = self._reason_to_skip(opened.document)
        if opened.skipped:
            self.tell(f"{opened.document.path} {opened.skipped}")
            self.client.findings_changed(uri)
        elif opened.analysis is None:
            opened.analysis = self.spawn(self._analyze(opened))

    async def _analyze(self, opened: OpenDocument) -> None:
        """Brings what is known up to the text; text that changes meanwhile is analyzed in its turn."""
        uri, waiting = opened.document.uri, self._waiting()
        try:
            if not opened.base_known:
                opened.base = await self._base(opened.document)
                opened.base_known = True
            while True:
                if not opened.analyzed and not opened.settling:
                    analyze = self.engine.analyzers.analyze
                    opened.snapshot = await take_snapshot(opened.document, opened.snapshot, analyze)
                    opened.cancel_stale()
                await self._recall(opened)
                # Text that changed meanwhile and has not settled yet is left to its own timer.
                if opened.analyzed or opened.settling:
                    break
        finally:
            opened.analysis = None
        if opened.snapshot is None or not opened.analyzed:
            return
        for failure in opened.snapshot.failures:
            self.tell(failure)
        self.client.findings_changed(uri)
        if self._waiting() != waiting:
            self.client.status_changed()
        todo = opened.unreviewed(self.settings.review)
        if not opened.wants_review:
            if todo and self.settings.review.trigger is not Trigger.MANUAL:
                self._warming = self.spawn(self._warm_up.run(opened.snapshot))
            todo = tuple(unit for unit in todo if unit.digest in opened.owed)
        opened.wants_review = False
        self._start_review(opened, todo)

    async def _recall(self, opened: OpenDocument) -> None:
        """Takes what an earlier run knew of units that this one has not seen yet; lesser reviews are made again."""
        uri, model_of = opened.document.uri, self.engine.router.model_of
        if await recall(
            opened, self.settings.review, self.memory, model_of, lambda: self.client.findings_changed(uri)
        ) and (up := next((mode for mode in self._route if model_of(mode)), None)):
            self.look_again(up)

    async def _base(self, document: Document) -> frozenset[str] | None:
        if not document.uri.startswith("file:"):
            return None
        # A path outside every folder is absolute and stays what it is.
        return await self._revision.digests((document.root or Path("/")) / document.path, document.language)

    # Reviews --------------------------------------------------------------------------------------------------------

    def _start_review(
        self,
        opened: OpenDocument,
        units: Sequence[Unit],
        route: Sequence[Mode] | None = None,
        priority: Priority = Priority.VISIBLE_REVIEW,
    ) -> None:
        opened.owed -= {unit.digest for unit in units}
        if units and opened.snapshot:
            ReviewRun(self, opened, tuple(units), self._route if route is None else route, priority).start()

    @property
    def _route(self) -> tuple[Mode, ...]:
        """The modes with a model that may review, the best first."""
        route = self.settings.routing.review
        return route[: route.index(Mode.EMBEDDED)] if Mode.EMBEDDED in route else route

    def _new_engine(self, settings: Settings) -> Engine:
        engine = Engine(settings)
        engine.router.came_up = self._came_up
        self._warm_up = WarmUp(engine)
        return engine

    def await_better(self) -> None:
        """Watches for better backends, if some unit has to do without one."""
        if self._recovery:
            self._recovery.cancel()  # it may sleep until the turn of one that is asked more seldom
        if self._awaited():
            self._recovery = self.spawn(Recovery(self.engine.router, self._awaited).watch())

    def _awaited(self) -> tuple[Mode, ...]:
        route, settings = self._route, self.settings.review
        return route[: max((opened.better_modes(route, settings) for opened in self.documents.values()), default=0)]

    def _waiting(self) -> int:
        return sum(opened.waiting(self.settings.review) for opened in self.documents.values())

    def _came_up(self, mode: Mode) -> None:
        """A backend is up that was not until now."""
        self._warm_up.forget()
        self.client.status_changed()
        for opened in self.documents.values():
            opened.overtaken |= dict.fromkeys(opened.running, mode)
            opened.note_model(mode, self.engine.router.model_of(mode))
        self.look_again(mode)

    def look_again(self, mode: Mode) -> None:
        """Has reviewed by a mode that is up what only lesser ones have reviewed, or none could."""
        if mode not in self._route:
            return
        route = self._route[: self._route.index(mode) + 1]
        for opened in self.documents.values():
            units = opened.left_for(route, self.settings.review)
            if units:
                count = f"{len(units)} functions" if len(units) != 1 else "one function"
                self.client.inform(f"{mode} is up: it now reviews {count} of {opened.document.path}")
                self._start_review(opened, units, route, Priority.OTHER_REVIEW)

    def tell(self, text: str, backend: str = "", what: str = "") -> None:
        """See `Told.once`."""
        self._told.once(text, backend, what)

    def recovered(self, backend: str) -> None:
        """See `Told.recovered`."""
        self._told.recovered(backend)


async def _ended(task: asyncio.Task[None]) -> bool:
    """Waits for a task without being cancelled along with it; False if it was given up or failed."""
    await asyncio.wait([task])
    return not task.cancelled() and task.exception() is None
