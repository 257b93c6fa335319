"""llama.cpp's dialect, as recorded from a real server."""

import time
from collections.abc import Iterable
from http import HTTPStatus

from aiohttp import web

from qcn_lsp.simulator import fim
from qcn_lsp.simulator.answering import Answering
from qcn_lsp.simulator.asking import Asked, Kind, Unreadable, read
from qcn_lsp.simulator.dialect import MODEL, SERVER, Answer, HeadersGo, Json, Manners, Refused
from qcn_lsp.simulator.generation import Generation
from qcn_lsp.simulator.llama_cpp_answers import NativeAnswer, OpenAiAnswer
from qcn_lsp.simulator.llama_family import JSON_TYPE, LlamaFamily, error, wrong_request
from qcn_lsp.simulator.options import Options
from qcn_lsp.simulator.prefix_cache import MessageCheckpoints, PrefixCache, Prompt
from qcn_lsp.simulator.slots import Slot
from qcn_lsp.simulator.totals import Metric, prometheus, rate

_REQUIRED = {
    Kind.CHAT: ("messages",),
    Kind.TEXT: ("prompt",),
    Kind.NATIVE: ("prompt",),
    Kind.INFILL: ("input_prefix", "input_suffix"),
}


class LlamaCpp(LlamaFamily):
    """See `Dialect`."""

    manners = Manners(
        headers_go=HeadersGo.WITH_THE_SLOT,
        notices_leaving=False,
        json_type=JSON_TYPE,
        stream_headers={"Content-Type": "text/event-stream", "X-Accel-Buffering": "no"},
        done_after_error=False,
        closes_after_error=True,
    )
    public = frozenset({"/health", "/v1/health"})

    def __init__(self, options: Options, answering: Answering) -> None:
        super().__init__(options, answering)
        self.cache: PrefixCache = MessageCheckpoints()

    def routes(self) -> Iterable[web.RouteDef]:
        """See `Dialect`."""
        yield from super().routes()
        yield web.get("/v1/health", self.health)

    def read(self, kind: Kind, body: bytes) -> Asked:
        """See `Dialect`."""
        try:
            return read(kind, body, _REQUIRED[kind])
        except Unreadable as fault:
            raise error(400, "invalid_request_error", wrong_request(kind, fault)) from None

    def infill_prompt(self, asked: Asked) -> str:
        """See `LlamaFamily`."""
        return fim.fitted(
            asked.prefix,
            asked.prompt,
            asked.suffix or "",
            asked.excerpts,
            ctx=self.options.ctx,
            batch=min(self.options.batch, self.options.ctx),
        )

    def overflow(self, asked: Asked, prompt_tokens: int) -> Refused:  # noqa: ARG002 - the protocol's
        """See `Dialect`."""
        ctx = self.options.ctx
        message = (
            f"request ({prompt_tokens} tokens) exceeds the available context size ({ctx} tokens), try increasing it"
        )
        return error(400, "exceed_context_size_error", message, n_prompt_tokens=prompt_tokens, n_ctx=ctx)

    def failure(self) -> Refused:
        """See `Dialect`."""
        message = "The model produced output that does not match the expected peg-native format (simulated)"
        return error(500, "server_error", message)

    def answer(self, asked: Asked, prompt: Prompt, generation: Generation) -> Answer:
        """See `Dialect`."""
        kind = OpenAiAnswer if asked.kind in {Kind.CHAT, Kind.TEXT} else NativeAnswer
        return kind(asked, prompt, generation)

    async def health(self, _request: web.Request) -> web.Response:
        """`/health`."""
        return self.json({"status": "ok"})

    async def models(self, _request: web.Request) -> web.Response:
        """`/v1/models`."""
        card: Json = {
            "id": MODEL,
            "aliases": [MODEL],
            "tags": [],
            "object": "model",
            "architecture": {"input_modalities": ["text"], "output_modalities": ["text"]},
            "created": int(time.time()),
            "owned_by": SERVER,
            "meta": {"n_ctx": self.options.ctx, "n_ctx_train": 262144},
        }
        summary: Json = {"name": MODEL, "model": MODEL, "type": "model", "capabilities": ["completion"]}
        return self.json({"models": [summary], "object": "list", "data": [card]})

    async def props(self, _request: web.Request) -> web.Response:
        """`/props`."""
        params: Json = {"temperature": 0.8, "top_k": 40, "top_p": 0.95}
        return self.json(
            {
                "default_generation_settings": {"params": params, "n_ctx": self.options.ctx},
                "total_slots": self.options.slots,
                "model_alias": MODEL,
                "model_ftype": "simulated",
                "model_path": MODEL,
                "modalities": {"vision": False, "video": False, "audio": False},
                "endpoint_slots": True,
                "endpoint_props": False,
                "endpoint_metrics": self.options.metrics,
                "chat_template": "simulated",
                "bos_token": "",
                "eos_token": "<|im_end|>",
                "build_info": SERVER,
            }
        )

    async def slots(self, request: web.Request) -> web.Response:
        """`/slots`."""
        if request.query.get("fail_on_no_slot") and self.pool.busy == len(self.pool.slots):
            raise error(HTTPStatus.SERVICE_UNAVAILABLE, "unavailable_error", "no slot available")
        return self.json([self._slot(slot) for slot in self.pool.slots])

    def metrics_text(self) -> str:
        """`/metrics`."""
        if not self.options.metrics:
            message = "This server does not support metrics endpoint. Start it with `--metrics`"
            raise error(501, "not_supported_error", message)
        done = self.totals
        prompt_rate = rate(done.prompt_tokens, done.prompt_seconds)
        figures = (
            ("prompt_tokens_total", "counter", done.prompt_tokens, "Prompt tokens read, without cached ones"),
            ("prompt_tokens_cached_total", "counter", done.cached_tokens, "Prompt tokens from the cache"),
            ("prompt_seconds_total", "counter", done.prompt_seconds, "Seconds spent on prompts"),
            ("tokens_predicted_total", "counter", done.completion_tokens, "Tokens generated"),
            ("tokens_predicted_seconds_total", "counter", done.completion_seconds, "Seconds spent on answers"),
            ("n_tokens_max", "counter", done.longest, "Longest prompt with its answer, in tokens"),
            ("prompt_tokens_seconds", "gauge", prompt_rate, "Prompt tokens a second"),
            (
                "predicted_tokens_seconds",
                "gauge",
                rate(done.completion_tokens, done.completion_seconds),
                "Generated tokens a second",
            ),
            ("requests_processing", "gauge", self.pool.busy, "Requests being worked on"),
            ("requests_deferred", "gauge", self.pool.waiting, "Requests that wait for a slot"),
        )
        return prometheus(Metric(f"llamacpp:{name}", kind, value, text) for name, kind, value, text in figures)

    def _slot(self, state: Slot) -> Json:
        body: dict[str, object] = {
            "id": state.number,
            "n_ctx": self.options.ctx,
            "speculative": False,
            "is_processing": state.busy,
        }
        if state.busy:
            body |= {
                "id_task": state.task,
                "n_prompt_tokens": state.prompt_tokens,
                "n_prompt_tokens_processed": state.processed,
                "n_prompt_tokens_cache": state.cached,
                "next_token": [
                    {"has_next_token": state.remaining > 0, "n_remain": state.remaining, "n_decoded": state.decoded}
                ],
            }
        return body
