"""Whether a backend can be relied on now, from probes and from use: a circuit breaker without a clock of its own.

```
unknown ─probe─▶ up ──a use finds it gone, or three answers in a row are of no use──▶ down ─time, then a probe─▶ up
                  └── what is up is believed for a minute, and for another after every use ──┘
```
Time is in seconds of any monotonic clock.
"""

from dataclasses import dataclass
from enum import StrEnum

SECONDS_UP = 60.0
"""How long an answer is believed. A server that is at work answers by its work and is not probed besides."""

FIRST_WAIT_SECONDS = 1.0
LONGEST_WAIT_SECONDS = 30.0
"""A server that is down is asked again after one second, then two, four, and at most so many."""

BAD_ANSWERS = 3
"""So many answers in a row that cannot be used, and another backend is asked for a while."""

_BAD_ANSWERS_WAIT_SECONDS = 30.0
_LONGEST_BAD_ANSWERS_WAIT_SECONDS = 600.0


class Standing(StrEnum):
    """What is thought of a backend."""

    UNKNOWN = "unknown"
    UP = "up"
    DOWN = "down"


@dataclass(slots=True)
class Health:
    """One backend.

    Args:
        standing: What is thought of it.
        reason: Why it is down: a sentence for a person that names it. Empty otherwise.
        due: When it is to be probed again.
    """

    standing: Standing = Standing.UNKNOWN
    reason: str = ""
    due: float = 0.0
    _failures: int = 0
    _bad_answers: int = 0
    _opened: int = 0

    def is_due(self, now: float) -> bool:
        """Whether only a probe can tell what it is now."""
        return self.standing is Standing.UNKNOWN or now >= self.due

    def answered(self, now: float) -> None:
        """It answered a probe."""
        self.standing, self.reason, self.due = Standing.UP, "", now + SECONDS_UP

    def served(self, now: float) -> None:
        """It gave an answer that could be used."""
        self.answered(now)
        self._failures = self._bad_answers = self._opened = 0

    def failed(self, now: float, reason: str) -> None:
        """Nobody answered a probe, or it went away while it was used."""
        wait = min(FIRST_WAIT_SECONDS * 2**self._failures, LONGEST_WAIT_SECONDS)
        self._failures = min(self._failures + 1, 10)
        self.standing, self.reason, self.due = Standing.DOWN, reason, now + wait

    def answered_badly(self, now: float, reason: str) -> None:
        """It gave an answer that cannot be used; the circuit opens at the third in a row, then at every further one."""
        self._bad_answers += 1
        if self._bad_answers >= BAD_ANSWERS:
            wait = min(_BAD_ANSWERS_WAIT_SECONDS * 2**self._opened, _LONGEST_BAD_ANSWERS_WAIT_SECONDS)
            self._opened = min(self._opened + 1, 10)
            self.standing, self.reason, self.due = Standing.DOWN, reason, now + wait
