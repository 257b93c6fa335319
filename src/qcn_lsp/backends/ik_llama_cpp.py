"""ik_llama.cpp's server: everything that only it does is in this file.

It tells no progress, has no `cache_n` in its timings (what was cached is in `usage`), and answers an overflow with
status 500. Two things in it have to be worked around (seen in its source as of August 2026):

- `/infill` ignores `input_prefix` and `input_suffix` and completes the empty `prompt`. So the prompt is written out in
  the model's tokens and goes to the plain completions.
- A stream that was cut at `max_tokens` or at the end of the context ends with `finish_reason: "stop"` all the same.
"""

from collections.abc import AsyncGenerator, Callable
from functools import partial

from qcn_lsp.backends.base import COMPLETIONS, Call
from qcn_lsp.backends.bodies import infill_body
from qcn_lsp.backends.figures import TimingsShape
from qcn_lsp.backends.llama_family import LlamaFamilyBackend
from qcn_lsp.backends.readers import CUT, CompletionReader
from qcn_lsp.backends.sampling import llama_sampling
from qcn_lsp.core.control_tokens import StreamRestorer
from qcn_lsp.core.generation import GenerationEvent, InfillRequest, Usage


class IkLlamaCppBackend(LlamaFamilyBackend):
    """One ik_llama.cpp server."""

    def infill(self, request: InfillRequest) -> AsyncGenerator[GenerationEvent]:
        """See `Backend`."""
        reader = _Reader(request.max_tokens, StreamRestorer())
        return self._stream(partial(self._infill, request), reader, self._infill_errors)

    def _chat_reader(self, max_tokens: int) -> CompletionReader:
        return _Reader(max_tokens)

    async def _infill(self, request: InfillRequest) -> Call:
        await self._require_infill()
        body = {**infill_body(self._model(), request, llama_sampling(request.sampling)), "cache_prompt": True}
        return Call(COMPLETIONS, body, request.max_tokens)


class _Reader(CompletionReader):
    """Finds out whether an answer was cut.

    Args:
        max_tokens: Of the request. An answer that is whole after exactly as many tokens counts as cut: that is safe.
        clean: Applied to each piece of the answer.
    """

    def __init__(self, max_tokens: int, clean: Callable[[str], str] = str) -> None:
        super().__init__(clean)
        self._max_tokens = max_tokens

    def _settle(self, told: str, usage: Usage, timings: TimingsShape | None) -> str:
        full = bool(timings and timings.n_ctx and timings.n_past and timings.n_past >= timings.n_ctx - 1)
        return CUT if full or usage.completion_tokens >= self._max_tokens else told
