"""What a generation cost: the server's own figures, and what is measured here where it tells none."""

import time
from dataclasses import dataclass
from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field

from qcn_lsp.core.generation import Usage

_MOST_TOKENS = 1 << 40  # far beyond any, and small enough to reckon with
Count = Annotated[int, Field(ge=0, le=_MOST_TOKENS)]
Tokens = Annotated[int, Field(gt=0, le=_MOST_TOKENS)]
Milliseconds = Annotated[float, Field(ge=0, allow_inf_nan=False)]


class Shape(BaseModel):
    """Part of an answer; what it has besides is ignored."""

    model_config = ConfigDict(frozen=True)


class _PromptDetails(Shape):
    cached_tokens: Count | None = None


class UsageShape(Shape):
    """OpenAI's `usage`."""

    prompt_tokens: Count = 0
    completion_tokens: Count = 0
    prompt_tokens_details: _PromptDetails | None = None


class TimingsShape(Shape):
    """llama.cpp's `timings`; ik_llama.cpp's have the last two figures, and no `cache_n`."""

    cache_n: Count | None = None
    prompt_n: Count = 0
    prompt_ms: Milliseconds = 0.0
    predicted_n: Count = 0
    predicted_ms: Milliseconds = 0.0
    n_ctx: Count | None = None
    n_past: Count | None = None


@dataclass(frozen=True, slots=True)
class Seconds:
    """Time until the first piece of the answer, and from there to its end."""

    prompt: float
    completion: float


class Stopwatch:
    """Measures a generation from here: waiting for a slot counts as reading the prompt."""

    def __init__(self) -> None:
        self._started = time.perf_counter()
        self._first: float | None = None

    def saw_text(self) -> None:
        """A piece of the answer has come."""
        if self._first is None:
            self._first = time.perf_counter()

    def read(self) -> Seconds:
        """What it shows now."""
        now = time.perf_counter()
        first = now if self._first is None else self._first
        return Seconds(first - self._started, now - first)


def cost(usage: UsageShape | None, timings: TimingsShape | None, measured: Seconds) -> Usage:
    """The figures of one generation, from whatever of these the server sent."""
    details = usage.prompt_tokens_details if usage else None
    cached = details.cached_tokens if details else None
    if timings is None:
        prompt, completion = (usage.prompt_tokens, usage.completion_tokens) if usage else (0, 0)
        return Usage(prompt, cached, completion, measured.prompt, measured.completion)
    return Usage(
        prompt_tokens=usage.prompt_tokens if usage else (timings.cache_n or 0) + timings.prompt_n,
        cached_tokens=cached if timings.cache_n is None else timings.cache_n,
        completion_tokens=usage.completion_tokens if usage else timings.predicted_n,
        prompt_seconds=timings.prompt_ms / 1000,
        completion_seconds=timings.predicted_ms / 1000,
    )
