"""Reads a stream of chat completion chunks, OpenAI's with llama.cpp's additions, as the project's events."""

from collections.abc import Iterator
from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field

from qcn_lsp.backends.error_mapping import CutStream
from qcn_lsp.core.generation import Completed, GenerationEvent, PromptProgress, TextDelta, Usage

Count = Annotated[int, Field(ge=0)]
Milliseconds = Annotated[float, Field(ge=0, allow_inf_nan=False)]


class _Shape(BaseModel):
    # openai hands out objects that it has not validated, so they are read as attributes, and validated here.
    model_config = ConfigDict(from_attributes=True, frozen=True)


class _Delta(_Shape):
    content: str | None = None


class _Choice(_Shape):
    delta: _Delta = _Delta()
    finish_reason: str | None = None


class _PromptDetails(_Shape):
    cached_tokens: Count | None = None


class _Usage(_Shape):
    prompt_tokens: Count = 0
    completion_tokens: Count = 0
    prompt_tokens_details: _PromptDetails | None = None


class _Timings(_Shape):
    cache_n: Count = 0
    prompt_n: Count = 0
    prompt_ms: Milliseconds = 0.0
    predicted_n: Count = 0
    predicted_ms: Milliseconds = 0.0


class _Progress(_Shape):
    total: Count
    cache: Count = 0
    processed: Count = 0


class _Chunk(_Shape):
    choices: tuple[_Choice, ...]
    usage: _Usage | None = None
    timings: _Timings | None = None
    prompt_progress: _Progress | None = None


class ChatReader:
    """Turns chunks into events, and keeps what only the last one can tell."""

    def __init__(self) -> None:
        self._finish_reason: str | None = None
        self._usage: _Usage | None = None
        self._timings: _Timings | None = None

    def read(self, chunk: object) -> Iterator[GenerationEvent]:
        """The events of one chunk.

        Raises:
            pydantic.ValidationError: It is not a chunk.
        """
        shape = _Chunk.model_validate(chunk)
        self._usage = shape.usage or self._usage
        self._timings = shape.timings or self._timings
        if shape.prompt_progress:
            progress = shape.prompt_progress
            yield PromptProgress(processed=progress.processed, cached=progress.cache, total=progress.total)
        for choice in shape.choices[:1]:
            self._finish_reason = choice.finish_reason or self._finish_reason
            if choice.delta.content:
                yield TextDelta(choice.delta.content)

    def completed(self) -> Completed:
        """The event that ends the stream.

        Raises:
            CutStream: The stream ended without a reason, so the answer is not whole.
        """
        if self._finish_reason is None:
            raise CutStream
        return Completed(self._finish_reason, _cost(self._usage, self._timings))


def _cost(usage: _Usage | None, timings: _Timings | None) -> Usage:
    details = usage.prompt_tokens_details if usage else None
    cached = timings.cache_n if timings else (details.cached_tokens or 0) if details else 0
    prompt = usage.prompt_tokens if usage else timings.cache_n + timings.prompt_n if timings else 0
    completion = usage.completion_tokens if usage else timings.predicted_n if timings else 0
    return Usage(
        prompt_tokens=prompt,
        cached_tokens=cached,
        completion_tokens=completion,
        prompt_seconds=timings.prompt_ms / 1000 if timings else 0.0,
        completion_seconds=timings.predicted_ms / 1000 if timings else 0.0,
    )
