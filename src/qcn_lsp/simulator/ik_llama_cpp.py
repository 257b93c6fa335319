"""ik_llama.cpp's dialect, by its source of August 2026; there are no recordings.

It differs from llama.cpp where a client notices: an overflow is status 500, reading the prompt is not reported,
`/infill` continues `prompt` and ignores the texts around the cursor, and `/slots` says `state` and calls a slot idle
while it reads a prompt.
"""

import time
from http import HTTPStatus

from aiohttp import web

from qcn_lsp.simulator.answering import Answering
from qcn_lsp.simulator.asking import Asked, Kind, Unreadable, read
from qcn_lsp.simulator.dialect import MODEL, SERVER, Answer, HeadersGo, Json, Manners, Refused
from qcn_lsp.simulator.generation import Generation
from qcn_lsp.simulator.ik_llama_cpp_answers import NativeAnswer, OpenAiAnswer
from qcn_lsp.simulator.llama_family import JSON_TYPE, LlamaFamily, error, wrong_json, wrong_request
from qcn_lsp.simulator.options import Options
from qcn_lsp.simulator.prefix_cache import BatchCheckpoints, PrefixCache, Prompt
from qcn_lsp.simulator.slots import Slot
from qcn_lsp.simulator.totals import Metric, prometheus, rate

_IDLE, _GENERATING = 0, 1


class IkLlamaCpp(LlamaFamily):
    """See `Dialect`."""

    manners = Manners(
        headers_go=HeadersGo.WITH_THE_ANSWER,
        notices_leaving=True,
        json_type=JSON_TYPE,
        stream_headers={"Content-Type": "text/event-stream"},
        done_after_error=False,
        closes_after_error=True,
    )
    public = frozenset({"/health", "/models", "/v1/models"})
    while_loading = frozenset({"/models", "/v1/models"})

    def __init__(self, options: Options, answering: Answering) -> None:
        super().__init__(options, answering)
        self.cache: PrefixCache = BatchCheckpoints(options.batch)

    def read(self, kind: Kind, body: bytes) -> Asked:
        """See `Dialect`."""
        required = "messages" if kind is Kind.CHAT else "prompt"
        try:
            return read(kind, body, (required,))
        except Unreadable as fault:
            # Only what is read inside the handler's own `try` is the client's fault here, the rest the server's.
            if fault.what == "missing" and kind in {Kind.NATIVE, Kind.INFILL}:
                raise error(400, "invalid_request_error", wrong_json(fault)) from None
            raise error(500, "server_error", wrong_request(kind, fault)) from None

    def infill_prompt(self, asked: Asked) -> str:
        """See `LlamaFamily`. It never looks at the texts around the cursor: no request is marked as one to fill in."""
        return asked.prompt

    def overflow(self, asked: Asked, prompt_tokens: int) -> Refused:  # noqa: ARG002 - it tells no counts
        """See `Dialect`."""
        return error(500, "server_error", "the request exceeds the available context size, try increasing it")

    def failure(self) -> Refused:
        """See `Dialect`."""
        return error(500, "server_error", "sampling error: simulated")

    def answer(self, asked: Asked, prompt: Prompt, generation: Generation) -> Answer:
        """See `Dialect`."""
        kind = OpenAiAnswer if asked.kind in {Kind.CHAT, Kind.TEXT} else NativeAnswer
        return kind(asked, prompt, generation)

    async def health(self, request: web.Request) -> web.Response:
        """`/health`."""
        working = sum(_state(slot) == _GENERATING for slot in self.pool.slots)
        idle = len(self.pool.slots) - working
        status = HTTPStatus.OK
        if not idle and "fail_on_no_slot" in request.query:
            status = HTTPStatus.SERVICE_UNAVAILABLE
        told = "ok" if idle else "no slot available"
        return self.json({"status": told, "slots_idle": idle, "slots_processing": working}, status)

    async def models(self, _request: web.Request) -> web.Response:
        """`/v1/models`."""
        ctx = self.options.ctx * self.options.slots
        card: Json = {
            "id": MODEL,
            "object": "model",
            "created": int(time.time()),
            "owned_by": SERVER,
            "meta": {"n_ctx_train": 262144},
            "max_model_len": ctx,
        }
        summary: Json = {"slug": MODEL, "display_name": MODEL, "context_window": ctx}
        return self.json({"object": "list", "data": [card], "models": [summary]})

    async def props(self, _request: web.Request) -> web.Response:
        """`/props`. Its own `n_ctx` is that of all slots together, the one in the settings that of each."""
        return self.json(
            {
                "system_prompt": "",
                "model_alias": MODEL,
                "model_path": MODEL,
                "default_generation_settings": self._settings(),
                "total_slots": self.options.slots,
                "model_name": MODEL,
                "chat_template": "simulated",
                "chat_template_caps": {},
                "bos_token": "",
                "eos_token": "<|im_end|>",
                "modalities": {"vision": False, "audio": False},
                "n_ctx": self.options.ctx * self.options.slots,
                "cors_proxy_enabled": False,
            }
        )

    async def slots(self, _request: web.Request) -> web.Response:
        """`/slots`."""
        return self.json([self._slot(slot) for slot in self.pool.slots])

    def metrics_text(self) -> str:
        """`/metrics`."""
        if not self.options.metrics:
            raise error(501, "not_supported_error", "This server does not support metrics endpoint.")
        done, working = self.totals, sum(_state(slot) == _GENERATING for slot in self.pool.slots)
        prompt_rate = rate(done.prompt_tokens, done.prompt_seconds)
        answer_rate = rate(done.completion_tokens, done.completion_seconds)
        figures = (
            ("prompt_tokens_total", "counter", done.prompt_tokens, "Prompt tokens read"),
            ("prompt_seconds_total", "counter", done.prompt_seconds, "Seconds spent on prompts"),
            ("tokens_predicted_total", "counter", done.completion_tokens, "Tokens generated"),
            ("tokens_predicted_seconds_total", "counter", done.completion_seconds, "Seconds spent on answers"),
            ("prompt_tokens_seconds", "gauge", prompt_rate, "Prompt tokens a second"),
            ("predicted_tokens_seconds", "gauge", answer_rate, "Generated tokens a second"),
            ("requests_processing", "gauge", working, "Requests that are being answered"),
            ("requests_deferred", "gauge", self.pool.waiting, "Requests that wait for a slot"),
        )
        return prometheus(Metric(f"llamacpp:{name}", kind, value, text) for name, kind, value, text in figures)

    def _settings(self) -> Json:
        return {"n_ctx": self.options.ctx, "n_predict": -1, "model": MODEL, "temperature": 0.8, "top_k": 40}

    def _slot(self, slot: Slot) -> Json:
        return {
            **self._settings(),
            "id": slot.number,
            "id_task": slot.task or -1,
            "state": _state(slot),
            "prompt": "",
            "next_token": {
                "has_next_token": slot.remaining > 0,
                "n_remain": slot.remaining,
                "n_decoded": slot.decoded,
            },
        }


def _state(slot: Slot) -> int:
    return _GENERATING if slot.busy and slot.decoded else _IDLE
