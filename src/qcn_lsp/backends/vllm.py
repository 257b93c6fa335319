"""vLLM's server: everything that only it does is in this file.

It speaks OpenAI's protocol, wants its model's name in every request, and tells tokens but no seconds. Answers are held
to the project's grammar (`structured_outputs`). Tried on xgrammar 0.2.8, vLLM's default: the GBNF of a review takes and
refuses what it should, while the same as a schema lets white space and raw tabs through, and refuses some escapes.
llguidance 1.9, which vLLM falls back on, reads the GBNF too.

Filling in the middle has no endpoint, and `suffix` is refused, so the prompt is written out in the model's tokens.
"""

import re
from collections.abc import AsyncGenerator, Iterator
from functools import partial

from pydantic import TypeAdapter

from qcn_lsp.backends.base import CHAT, COMPLETIONS, MODELS, Call, ServerBackend, smaller
from qcn_lsp.backends.bodies import chat_body, infill_body
from qcn_lsp.backends.client import Connection
from qcn_lsp.backends.error_body import vllm_overflow
from qcn_lsp.backends.figures import Count, Shape, Tokens
from qcn_lsp.backends.readers import CompletionReader
from qcn_lsp.backends.remarks import context_remarks, feature_remarks
from qcn_lsp.backends.sampling import vllm_sampling
from qcn_lsp.config.settings import BackendSettings
from qcn_lsp.core.control_tokens import StreamRestorer
from qcn_lsp.core.generation import (
    BackendInfo,
    GenerationEvent,
    GenerationRequest,
    InfillRequest,
    Inspection,
    Remark,
)

_CONTEXT_FLAG = "--max-model-len"
# Prometheus' text format: a name, labels in braces, a value.
_REQUESTS = re.compile(r"^vllm:num_requests_(?:running|waiting)(?:\{[^}]*\})? (\d{1,6})(?:\.0)?$", re.MULTILINE)
_NO_PREFIX_CACHE = re.compile(r'^vllm:cache_config_info\{[^}]*enable_prefix_caching="False"', re.MULTILINE)


class _Model(Shape):
    id: str
    max_model_len: Tokens | None = None


class _Models(Shape):
    data: tuple[_Model, ...]


class _Tokenized(Shape):
    count: Count


class _Version(Shape):
    version: str = ""


_MODELS = TypeAdapter(_Models)
_TOKENIZED = TypeAdapter(_Tokenized)
_VERSION = TypeAdapter(_Version)


class VllmBackend(ServerBackend):
    """One vLLM server."""

    def __init__(self, settings: BackendSettings, connection: Connection, silence_limit_seconds: float) -> None:
        super().__init__(settings, connection, silence_limit_seconds, vllm_overflow)
        self._served: str | None = None

    async def inspect(self) -> Inspection:
        """See `Backend`."""
        info = await self.probe()
        model = await self._find_model()
        version = await self._endpoints.get("/version", _VERSION) or _Version()
        metrics = await self._endpoints.text("/metrics") or ""
        requests = [int(count) for count in _REQUESTS.findall(metrics)]
        remarks = [
            *context_remarks(self._settings, info, model.max_model_len, _CONTEXT_FLAG),
            *feature_remarks(info),
            *_metrics_remarks(metrics, silent=not requests),
            *await self._site_remarks(),
        ]
        return Inspection(info, version.version, sum(requests) if requests else None, tuple(remarks))

    def generate(self, request: GenerationRequest) -> AsyncGenerator[GenerationEvent]:
        """See `Backend`."""
        return self._stream(partial(self._chat, request), CompletionReader())

    def infill(self, request: InfillRequest) -> AsyncGenerator[GenerationEvent]:
        """See `Backend`."""
        return self._stream(partial(self._infill, request), CompletionReader(StreamRestorer()), self._infill_errors)

    async def _chat(self, request: GenerationRequest) -> Call:
        body = chat_body(await self._model(), request, vllm_sampling(request.sampling))
        if request.answer_format:
            body["structured_outputs"] = {"grammar": request.answer_format.grammar}
        return Call(CHAT, body, request.max_tokens)

    async def _infill(self, request: InfillRequest) -> Call:
        await self._require_infill()
        body = infill_body(await self._model(), request, vllm_sampling(request.sampling))
        return Call(COMPLETIONS, body, request.max_tokens)

    async def _look(self) -> BackendInfo:
        model = await self._find_model()
        ctx = smaller(model.max_model_len, self._settings.ctx)
        if ctx is None:
            raise self._errors.no_context()
        # How many requests it takes at once (--max-num-seqs) is not told by any of its endpoints.
        return BackendInfo(ctx=ctx, slots=self._settings.slots or 1, model=model.id)

    async def _ask_count(self, text: str) -> int | None:
        body = {"model": await self._model(), "prompt": text, "add_special_tokens": False}
        answer = await self._endpoints.post("/tokenize", _TOKENIZED, body)
        return None if answer is None else answer.count

    async def _model(self) -> str:
        return self._settings.model or self._served or (await self._find_model()).id

    async def _find_model(self) -> _Model:
        """The model of the settings, else the server's first; what comes after it are adapters."""
        listed = await self._endpoints.get(MODELS, _MODELS)
        if listed is None:
            raise self._errors.absent()
        wanted = self._settings.model
        found = next((model for model in listed.data if wanted in {"", model.id}), None)
        if found is None:
            raise self._errors.unknown_model()
        self._served = found.id
        return found


def _metrics_remarks(metrics: str, *, silent: bool) -> Iterator[Remark]:
    if silent:
        yield Remark("it does not show what it works on (/metrics)", "start it without --disable-log-stats")
    if _NO_PREFIX_CACHE.search(metrics):
        yield Remark(
            "it reads every prompt from its start, whatever it has read before", "start it with --enable-prefix-caching"
        )
