"""The async shell around the queues: carries out their actions.

Work is a function that is called when its turn has come, and again if it had to give way. It runs in a task of its own;
cancelling that task closes the backend's stream, and only when it has ended is the slot given to somebody else.
"""

import asyncio
from collections.abc import Callable, Coroutine, Iterable
from dataclasses import dataclass, field
from typing import TypeVar

from qcn_lsp.errors import Dropped
from qcn_lsp.scheduling.queue import Action, Drop, Priority, Queue, Start, Stop, Ticket

Result = TypeVar("Result")

CLOSE_SECONDS = 1.0
"""The longest that closing waits for streams to close."""


@dataclass(slots=True)
class _Job:
    """One piece of work: `turn` is set when its owner has something to do, `task` is what runs for it."""

    turn: asyncio.Event = field(default_factory=asyncio.Event)
    task: asyncio.Task[None] | None = None
    dropped: bool = False


class Scheduler:
    """The queues of all backends, by their names."""

    def __init__(self) -> None:
        self._queues: dict[str, Queue] = {}
        self._jobs: dict[tuple[str, Ticket], _Job] = {}
        self._tasks: set[asyncio.Task[None]] = set()
        self._closed = False

    async def run(
        self,
        backend: str,
        slots: int,
        priority: Priority,
        work: Callable[[], Coroutine[None, None, Result]],
        key: str = "",
    ) -> Result:
        """Does work as soon as one of the backend's slots is free for it.

        Args:
            backend: Whose slot.
            slots: How many the backend has.
            priority: How urgent it is.
            work: What to do in the slot. Called again from its beginning after it had to give way.
            key: What it is about; newer work with the same key takes its place.

        Returns:
            What the work returned.

        Raises:
            Dropped: Newer work took its place, or the scheduler was closed.
            Exception: Whatever the work raised.
        """
        if self._closed:
            raise Dropped
        queue = self._queues.setdefault(backend, Queue(slots))
        self._act(backend, queue.resize(slots))
        ticket, actions = queue.submit(priority, key)
        job = self._jobs[backend, ticket] = _Job()
        self._act(backend, actions)
        try:
            while True:
                await job.turn.wait()
                job.turn.clear()
                if job.dropped:
                    raise Dropped
                outcome: list[Result] = []
                task = self._begin(backend, ticket, job, _into(outcome, work))
                await asyncio.wait([task])
                if outcome:
                    return outcome[0]
                if not (job.turn.is_set() or queue.holds(ticket)):
                    await task  # raises what the work raised
        finally:
            self._leave(backend, ticket)

    def waiting(self, backend: str) -> int:
        """How much work waits for this backend."""
        return self._queues[backend].waiting if backend in self._queues else 0

    def running(self, backend: str) -> int:
        """How many of the backend's slots are taken."""
        return self._queues[backend].running if backend in self._queues else 0

    async def close(self) -> None:
        """Drops everything that waits, closes every stream, and returns after a second at the latest."""
        self._closed = True
        for backend, queue in self._queues.items():
            self._act(backend, queue.close())
        if self._tasks:
            await asyncio.wait(self._tasks, timeout=CLOSE_SECONDS)

    def _begin(self, backend: str, ticket: Ticket, job: _Job, work: Coroutine[None, None, None]) -> asyncio.Task[None]:
        def ended(task: asyncio.Task[None]) -> None:
            self._tasks.discard(task)
            job.task = None
            if not task.cancelled():
                task.exception()  # its owner may have left, and somebody has to look at it
            self._act(backend, self._queues[backend].finish(ticket, done=not task.cancelled()))

        task = job.task = asyncio.ensure_future(work)
        self._tasks.add(task)
        task.add_done_callback(ended)
        return task

    def _act(self, backend: str, actions: Iterable[Action]) -> None:
        for action in actions:
            job = self._jobs.get((backend, action.ticket))
            if job is None:
                continue  # its owner has left
            match action:
                case Start():
                    job.turn.set()
                case Stop():
                    job.turn.clear()
                    self._stop(backend, action.ticket, job)
                case Drop():
                    job.dropped = True
                    job.turn.set()
                    self._stop(backend, action.ticket, job)

    def _stop(self, backend: str, ticket: Ticket, job: _Job) -> None:
        if job.task:
            job.task.cancel()
        else:  # it had its turn and has not begun, so that there is nothing to close
            self._act(backend, self._queues[backend].finish(ticket, done=False))

    def _leave(self, backend: str, ticket: Ticket) -> None:
        """The owner goes; a stream that is still open is closed, and keeps its slot until then."""
        self._act(backend, self._queues[backend].cancel(ticket))
        del self._jobs[backend, ticket]


async def _into(outcome: list[Result], work: Callable[[], Coroutine[None, None, Result]]) -> None:
    outcome.append(await work())
