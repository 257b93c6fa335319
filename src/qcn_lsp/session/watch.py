"""What whoever waits for a review is told while it runs, and what it cost in the end."""

from dataclasses import dataclass
from typing import Protocol

from qcn_lsp.core.generation import Usage
from qcn_lsp.core.unit import Unit
from qcn_lsp.review.outcome import UnitReview
from qcn_lsp.session.router import PassedOver, Ready


@dataclass(frozen=True, slots=True)
class Progress:
    """Where a review stands.

    Args:
        unit: Which.
        backend: The name of the backend that reviews, empty until one does.
        prompt_done: Prompt tokens read so far, those from the server's cache included.
        prompt_cached: Those from the cache, which cost nothing.
        prompt_total: Prompt tokens, 0 while unknown.
        generated: Tokens generated so far.
        seconds: Since the question was sent.
        writing_seconds: Since the first generated token.
    """

    unit: Unit
    backend: str = ""
    prompt_done: int = 0
    prompt_cached: int = 0
    prompt_total: int = 0
    generated: int = 0
    seconds: float = 0.0
    writing_seconds: float = 0.0

    @property
    def tokens_per_second(self) -> float | None:
        """Measured speed of writing, None before there are two tokens."""
        return (self.generated - 1) / self.writing_seconds if self.generated > 1 and self.writing_seconds else None

    @property
    def seconds_left_to_read(self) -> float | None:
        """How long reading the rest of the prompt takes at the speed seen so far, None while there is none."""
        read = self.prompt_done - self.prompt_cached
        return (self.prompt_total - self.prompt_done) * self.seconds / read if read > 0 else None


@dataclass(frozen=True, slots=True)
class Reviewed:
    """A unit's review, what it cost in how many requests, and who made it."""

    review: UnitReview
    usage: Usage
    ready: Ready
    requests: int = 1


class Watch(Protocol):
    """Whoever waits."""

    def progress(self, progress: Progress) -> None:
        """Told at every event of the server."""

    def passed_over(self, passed: PassedOver, ready: Ready) -> None:
        """Told that a better backend does not serve, and who serves instead."""

    def partial(self, unit: Unit, review: UnitReview) -> None:
        """Told what may be shown, at every checked verdict."""


def in_words(progress: Progress) -> str:
    """`Cart.total: 120 of 450 tokens read by precise, 3 s left`, or `…: 12 tokens written by precise, 7.6 tok/s`."""
    name = progress.unit.label
    by = f" by {progress.backend}" if progress.backend else ""
    if progress.generated:
        speed = progress.tokens_per_second
        return f"{name}: {progress.generated} tokens written{by}" + (f", {speed:.1f} tok/s" if speed else "")
    if progress.prompt_total:
        left = progress.seconds_left_to_read
        rest = f", {left:.0f} s left" if left is not None else ""
        return f"{name}: {progress.prompt_done} of {progress.prompt_total} tokens read{by}{rest}"
    return f"{name}: waiting for {progress.backend or 'the server'}" + (
        f", {progress.seconds:.0f} s" if progress.seconds else ""
    )


def discarded(count: int) -> str:
    """What is said when a model's statements do not hold against the code."""
    if count == 1:
        return "a statement of the model does not hold against the code and was discarded; candidates stay"
    return f"{count} statements of the model do not hold against the code and were discarded; candidates stay"
