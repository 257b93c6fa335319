"""Slots: how many requests are served at once, in the order they came."""

import asyncio
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass

# How often a waiting request looks whether its client is still there, in seconds.
_LOOK_SECONDS = 0.05


@dataclass(slots=True)
class Slot:
    """What `/slots` tells about one slot. Tokens."""

    number: int
    busy: bool = False
    task: int = 0
    prompt_tokens: int = 0
    cached: int = 0
    processed: int = 0
    decoded: int = 0
    remaining: int = 0


class SlotPool:
    """Hands out slots first come, first served."""

    def __init__(self, count: int) -> None:
        self.slots = tuple(Slot(number) for number in range(count))
        self._waiting: deque[asyncio.Future[Slot]] = deque()
        self._tasks = 0

    @property
    def waiting(self) -> int:
        """Requests without a slot."""
        return len(self._waiting)

    @property
    def busy(self) -> int:
        """Slots at work."""
        return sum(slot.busy for slot in self.slots)

    async def acquire(self, gone: Callable[[], bool]) -> Slot | None:
        """The next free slot, or None if the client left while it waited."""
        if free := next((slot for slot in self.slots if not slot.busy), None):
            return self._take(free)
        ticket: asyncio.Future[Slot] = asyncio.get_running_loop().create_future()
        self._waiting.append(ticket)
        try:
            while not ticket.done() and not gone():
                await asyncio.wait({ticket}, timeout=_LOOK_SECONDS)
            return ticket.result() if ticket.done() else None
        finally:
            if not ticket.done():
                self._waiting.remove(ticket)

    def release(self, slot: Slot) -> None:
        """Gives a slot to whoever has waited longest."""
        slot.busy = False
        if self._waiting:
            self._waiting.popleft().set_result(self._take(slot))

    def _take(self, slot: Slot) -> Slot:
        self._tasks += 1
        slot.busy, slot.task = True, self._tasks
        slot.prompt_tokens = slot.cached = slot.processed = slot.decoded = slot.remaining = 0
        return slot
