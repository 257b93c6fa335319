"""Which work may run on a backend's slots: a state machine without clocks, tasks or locks.

A server with one slot makes a second request wait without headers, so waiting happens here, where it can be reordered
and given up for nothing. Events go in (submit, finish, cancel), actions come out; whoever carries them out tells what
came of it by the next event.

```
submit ─▶ waiting ─Start▶ running ─finish▶ gone
             ▲                │ Stop: something more urgent came
             └────finish──────┘ (its stream is closed; its place in the queue is the old one)
```
"""

from dataclasses import dataclass, field
from enum import Enum, IntEnum, auto

DUE_AFTER = 12
"""How often work is passed over by what came later before it goes first, and to its end.

The one case in which somebody who types waits for a review: without it, a person who never stops typing would never
get one. The others that wait are counted anew then: of a long queue, one review goes first and not all of them.
"""


class Priority(IntEnum):
    """Smaller goes first."""

    COMPLETION = 0  # somebody waits with the hands on the keys
    ACTION = 1  # somebody asked for a fix, a test or an explanation, and looks at the screen
    VISIBLE_REVIEW = 2  # of the file just edited, or asked for by the user
    OTHER_REVIEW = 3
    WARM_UP = 4  # worth nothing while there is anything else

    @property
    def is_interactive(self) -> bool:
        """Whether a person waits for it."""
        return self <= Priority.ACTION


@dataclass(frozen=True, slots=True)
class Ticket:
    """Names one piece of work, by its age."""

    number: int


@dataclass(frozen=True, slots=True)
class Start:
    """Begin with it."""

    ticket: Ticket


@dataclass(frozen=True, slots=True)
class Stop:
    """Close its stream and report `finish`; it is in the queue again then, unless it was cancelled."""

    ticket: Ticket


@dataclass(frozen=True, slots=True)
class Drop:
    """Tell its owner that it will not be done; if it runs, also close its stream and report `finish`."""

    ticket: Ticket


Action = Start | Stop | Drop


class _State(Enum):
    WAITING = auto()
    RUNNING = auto()
    STOPPING = auto()  # comes back
    LEAVING = auto()  # does not


@dataclass(slots=True, eq=False)
class _Work:
    ticket: Ticket
    priority: Priority
    key: str
    state: _State = _State.WAITING
    passed_over: int = 0

    @property
    def is_due(self) -> bool:
        return self.passed_over >= DUE_AFTER and self.priority is not Priority.WARM_UP

    def order(self) -> tuple[bool, int, int]:
        # Of those that are due the oldest goes first: it would be passed over for ever by more urgent ones.
        return (not self.is_due, 0 if self.is_due else self.priority, self.ticket.number)

    def gives_way_to(self, other: "_Work") -> bool:
        if self.state is not _State.RUNNING or self.is_due:
            return False
        if self.priority is Priority.WARM_UP:
            return other.priority is not Priority.WARM_UP
        return other.priority.is_interactive and not self.priority.is_interactive


@dataclass(slots=True)
class Queue:
    """The work of one backend.

    Args:
        slots: Requests the server works on at once.
    """

    slots: int
    _works: dict[Ticket, _Work] = field(default_factory=dict)
    _given: int = 0
    _closed: bool = False

    def submit(self, priority: Priority, key: str = "") -> tuple[Ticket, tuple[Action, ...]]:
        """Enters work.

        Args:
            priority: How urgent it is.
            key: What it is about; it takes the place of older work with the same key. Empty for nothing to replace.
        """
        self._given += 1
        work = _Work(Ticket(self._given), priority, key)
        if self._closed:
            return work.ticket, (Drop(work.ticket),)
        older = [one for one in self._works.values() if key and one.key == key]
        actions = [action for one in older for action in self._drop(one)]
        self._works[work.ticket] = work
        return work.ticket, (*actions, *self._balance())

    def finish(self, ticket: Ticket, *, done: bool) -> tuple[Action, ...]:
        """Work has ended, and the server's slot is free.

        Args:
            ticket: Which.
            done: Whether it came to its end, well or badly; what was stopped before waits again.
        """
        work = self._works.get(ticket)
        if work is None:
            return ()
        if work.state is _State.STOPPING and not done:
            work.state = _State.WAITING
        else:
            del self._works[ticket]
        return self._balance()

    def cancel(self, ticket: Ticket) -> tuple[Action, ...]:
        """Its owner does not want it any more."""
        work = self._works.get(ticket)
        if work is None:
            return ()
        if work.state is _State.WAITING:
            del self._works[ticket]
            return self._balance()
        stop = () if work.state is not _State.RUNNING else (Stop(ticket),)
        work.state = _State.LEAVING
        return stop

    def close(self) -> tuple[Action, ...]:
        """Drops everything, and whatever is still submitted."""
        self._closed = True
        return tuple(action for work in list(self._works.values()) for action in self._drop(work))

    def resize(self, slots: int) -> tuple[Action, ...]:
        """The server has another number of slots now; what runs goes on."""
        self.slots = slots
        return self._balance()

    def holds(self, ticket: Ticket) -> bool:
        """Whether the work waits, or runs."""
        return ticket in self._works

    @property
    def waiting(self) -> int:
        """How much work waits."""
        return sum(work.state is _State.WAITING for work in self._works.values())

    @property
    def running(self) -> int:
        """How many slots are taken."""
        return len(self._works) - self.waiting

    def _drop(self, work: _Work) -> tuple[Action, ...]:
        if work.state is _State.LEAVING:
            return ()
        if work.state is _State.WAITING:
            del self._works[work.ticket]
        work.state = _State.LEAVING
        return (Drop(work.ticket),)

    def _balance(self) -> tuple[Action, ...]:
        """Fills free slots, then makes room for what may not wait."""
        waiting = [one for one in self._works.values() if one.state is _State.WAITING]
        actions: list[Action] = []
        while waiting and self.running < self.slots:
            work = min(waiting, key=_Work.order)
            waiting.remove(work)
            actions.append(self._start(work))
        # What is being closed will give its slot to the first who wait; only those after them need another.
        staying = sum(one.state is _State.RUNNING for one in self._works.values())
        for place, work in enumerate(sorted(waiting, key=_Work.order), start=1):
            while staying + place > self.slots and (victim := self._victim(work)):
                victim.state = _State.STOPPING
                staying -= 1
                actions.append(Stop(victim.ticket))
        return tuple(actions)

    def _victim(self, urgent: _Work) -> _Work | None:
        """What gives way to it: the least urgent, of equals the youngest."""
        return max((one for one in self._works.values() if one.gives_way_to(urgent)), key=_Work.order, default=None)

    def _start(self, work: _Work) -> Start:
        work.state = _State.RUNNING
        for one in self._works.values():
            if one.state is _State.WAITING and work.is_due:
                one.passed_over = 0
            elif one.state is _State.WAITING and one.ticket.number < work.ticket.number:
                one.passed_over += 1
        return Start(work.ticket)
