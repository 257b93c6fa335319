"""The async shell around the slots: work waits its turn in the task that wants it.

Cancelling that task at any moment gives the slot back; since a backend's stream is closed by the same cancellation, the
server's slot is free too.
"""

import asyncio
from collections.abc import Iterable
from contextlib import asynccontextmanager
from typing import TYPE_CHECKING

from qcn_lsp.scheduling.slots import Priority, Slots, Ticket

if TYPE_CHECKING:
    from collections.abc import AsyncGenerator


class Scheduler:
    """The queues of all backends, by their names."""

    def __init__(self) -> None:
        self._slots: dict[str, Slots] = {}
        self._turns: dict[str, dict[Ticket, asyncio.Event]] = {}

    @asynccontextmanager
    async def slot(self, backend: str, count: int, priority: Priority) -> "AsyncGenerator[None]":
        """Holds one of the backend's `count` slots while the block runs."""
        slots = self._slots.setdefault(backend, Slots(count))
        slots.count = count
        turns = self._turns.setdefault(backend, {})
        ticket, started = slots.submit(priority)
        turn = turns[ticket] = asyncio.Event()
        _admit(turns, started)
        try:
            await turn.wait()
            yield
        finally:
            del turns[ticket]
            _admit(turns, slots.leave(ticket))

    def waiting(self, backend: str) -> int:
        """How much work waits for this backend."""
        return self._slots[backend].waiting if backend in self._slots else 0


def _admit(turns: dict[Ticket, asyncio.Event], started: Iterable[Ticket]) -> None:
    for ticket in started:
        turns[ticket].set()
