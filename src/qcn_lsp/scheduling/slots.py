"""Which work may start on a backend's slots: a state machine without clocks, tasks or locks.

A server with one slot makes a second request wait without headers, so waiting happens here, where it can be reordered
and given up for nothing.
"""

import heapq
from dataclasses import dataclass, field
from enum import IntEnum


class Priority(IntEnum):
    """Smaller goes first."""

    VISIBLE_REVIEW = 2  # asked for by the user, or of the file just edited
    OTHER_REVIEW = 3


@dataclass(frozen=True, slots=True, order=True)
class Ticket:
    """A place in the queue: by priority, then by age."""

    priority: Priority
    number: int


@dataclass(slots=True)
class Slots:
    """The slots of one backend.

    Args:
        count: Requests the server works on at once.
    """

    count: int
    _running: set[Ticket] = field(default_factory=set)
    _waiting: list[Ticket] = field(default_factory=list)
    _given: int = 0

    def submit(self, priority: Priority) -> tuple[Ticket, tuple[Ticket, ...]]:
        """Enters work; returns its ticket and the tickets that may start now."""
        self._given += 1
        ticket = Ticket(priority, self._given)
        heapq.heappush(self._waiting, ticket)
        return ticket, self._start()

    def leave(self, ticket: Ticket) -> tuple[Ticket, ...]:
        """Work that ended, failed or was given up; returns the tickets that may start now."""
        if ticket in self._running:
            self._running.remove(ticket)
        elif ticket in self._waiting:
            self._waiting.remove(ticket)
            heapq.heapify(self._waiting)
        return self._start()

    @property
    def waiting(self) -> int:
        """How much work waits."""
        return len(self._waiting)

    def _start(self) -> tuple[Ticket, ...]:
        started = []
        while self._waiting and len(self._running) < self.count:
            ticket = heapq.heappop(self._waiting)
            self._running.add(ticket)
            started.append(ticket)
        return tuple(started)
