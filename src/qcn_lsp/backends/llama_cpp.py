"""llama.cpp's server: everything that only it does is in this file.

`/infill` writes the model's own fill-in-the-middle tokens and reads no control tokens in the texts it is given. It fits
what it gets to the server's batch and not to its context: at most three quarters of `-b` are taken from the end of the
prefix, one quarter from the start of the suffix, and excerpts get what the context has beyond a batch. It never
refuses, so what does not fit is refused here.
"""

from collections.abc import AsyncGenerator, Mapping
from functools import partial

from qcn_lsp.backends.base import Call
from qcn_lsp.backends.llama_family import LlamaFamilyBackend
from qcn_lsp.backends.readers import InfillReader
from qcn_lsp.backends.sampling import llama_sampling
from qcn_lsp.context.budget import Budget, most_tokens
from qcn_lsp.core.generation import GenerationEvent, InfillRequest
from qcn_lsp.errors import ContextOverflow


class LlamaCppBackend(LlamaFamilyBackend):
    """One llama.cpp server."""

    def infill(self, request: InfillRequest) -> AsyncGenerator[GenerationEvent]:
        """See `Backend`."""
        return self._stream(partial(self._infill, request), InfillReader(), self._infill_errors)

    def _additions(self) -> Mapping[str, object]:
        return {"return_progress": True}

    async def _infill(self, request: InfillRequest) -> Call:
        info = await self._require_infill()
        await self._require_fit(request, info.ctx)
        body = {
            "input_prefix": request.prefix,
            "input_suffix": request.suffix,
            "input_extra": [{"filename": excerpt.path, "text": excerpt.text} for excerpt in request.excerpts],
            "prompt": "",
            "n_predict": request.max_tokens,
            **llama_sampling(request.sampling),
            "stop": list(request.stop),
            "stream": True,
            "cache_prompt": True,
            "return_progress": True,
        }
        return Call("/infill", body, request.max_tokens)

    async def _require_fit(self, request: InfillRequest, ctx: int) -> None:
        """Asks for counts only where a bound does not settle it.

        Raises:
            ContextOverflow: The request does not fit.
        """
        budget = Budget(ctx, request.max_tokens)
        excerpts = (f"{excerpt.path}\n{excerpt.text}" for excerpt in request.excerpts)
        texts = (request.prefix, request.suffix, *excerpts)
        if budget.fits(most_tokens(text) for text in texts):
            return
        counts = [await self.count_tokens(text) for text in texts]
        if not budget.fits(counts):
            raise ContextOverflow(self.name, sum(counts), ctx)
