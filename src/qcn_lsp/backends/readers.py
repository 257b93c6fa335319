"""Read event streams as the project's events: OpenAI's two kinds of completions, and llama.cpp's own for `/infill`."""

from collections.abc import Callable, Iterator
from typing import Literal, Protocol

from qcn_lsp.backends.error_mapping import CutStream
from qcn_lsp.backends.figures import Count, Seconds, Shape, TimingsShape, UsageShape, cost
from qcn_lsp.core.generation import Completed, GenerationEvent, PromptProgress, TextDelta, Usage

WHOLE: Literal["stop"] = "stop"
CUT: Literal["length"] = "length"


class StreamReader(Protocol):
    """Turns the chunks of one stream into events, and keeps what only the last one can tell."""

    def read(self, chunk: object) -> Iterator[GenerationEvent]:
        """The events of one chunk.

        Raises:
            pydantic.ValidationError: It is not a chunk.
        """
        ...

    def completed(self, measured: Seconds) -> Completed:
        """The event that ends the stream.

        Raises:
            CutStream: The stream ended without a reason, so the answer is not whole.
        """
        ...


class _Progress(Shape):
    total: Count
    cache: Count = 0
    processed: Count = 0

    def event(self) -> PromptProgress:
        return PromptProgress(processed=self.processed, cached=self.cache, total=self.total)


class _Delta(Shape):
    content: str | None = None


class _Choice(Shape):
    delta: _Delta = _Delta()
    text: str | None = None
    finish_reason: str | None = None


class _Chunk(Shape):
    choices: tuple[_Choice, ...]
    usage: UsageShape | None = None
    timings: TimingsShape | None = None
    prompt_progress: _Progress | None = None


class CompletionReader:
    """Chat completions (`delta`) and plain ones (`text`).

    Args:
        clean: Applied to each piece of the answer.
    """

    def __init__(self, clean: Callable[[str], str] = str) -> None:
        self._clean = clean
        self._finish_reason: str | None = None
        self._usage: UsageShape | None = None
        self._timings: TimingsShape | None = None

    def read(self, chunk: object) -> Iterator[GenerationEvent]:
        """See `StreamReader`."""
        shape = _Chunk.model_validate(chunk)
        self._usage = shape.usage or self._usage
        self._timings = shape.timings or self._timings
        if shape.prompt_progress:
            yield shape.prompt_progress.event()
        for choice in shape.choices[:1]:
            self._finish_reason = choice.finish_reason or self._finish_reason
            text = self._clean(choice.delta.content or choice.text or "")
            if text:
                yield TextDelta(text)

    def completed(self, measured: Seconds) -> Completed:
        """See `StreamReader`."""
        if self._finish_reason is None:
            raise CutStream
        usage = cost(self._usage, self._timings, measured)
        return Completed(self._settle(self._finish_reason, usage, self._timings), usage)

    def _settle(self, told: str, usage: Usage, timings: TimingsShape | None) -> str:  # noqa: ARG002 - for a server that tells it wrong
        return told


class _InfillChunk(Shape):
    content: str = ""
    stop: bool
    stop_type: str = ""
    timings: TimingsShape | None = None
    prompt_progress: _Progress | None = None


class InfillReader:
    """llama.cpp's own completions, of which `/infill` is one."""

    def __init__(self) -> None:
        self._last: _InfillChunk | None = None

    def read(self, chunk: object) -> Iterator[GenerationEvent]:
        """See `StreamReader`."""
        shape = _InfillChunk.model_validate(chunk)
        if shape.prompt_progress:
            yield shape.prompt_progress.event()
        if shape.content:
            yield TextDelta(shape.content)
        if shape.stop:
            self._last = shape

    def completed(self, measured: Seconds) -> Completed:
        """See `StreamReader`."""
        if self._last is None:
            raise CutStream
        return Completed(CUT if self._last.stop_type == "limit" else WHOLE, cost(None, self._last.timings, measured))
