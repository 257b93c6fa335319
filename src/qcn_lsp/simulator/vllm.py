"""vLLM's dialect, as recorded from version 0.32; what was not recorded is by its source."""

import secrets
import time
from collections.abc import Iterable, Mapping
from dataclasses import replace
from http import HTTPStatus

from aiohttp import web

from qcn_lsp.simulator import tokenizer
from qcn_lsp.simulator.answering import Answering
from qcn_lsp.simulator.asking import Asked, Kind, Unreadable, json_object, read
from qcn_lsp.simulator.chat import render
from qcn_lsp.simulator.dialect import MODEL, SERVER, Answer, HeadersGo, Json, Manners, Refused, has_key, json_response
from qcn_lsp.simulator.generation import Generation
from qcn_lsp.simulator.options import Options
from qcn_lsp.simulator.prefix_cache import Blocks, PrefixCache, Prompt
from qcn_lsp.simulator.totals import Metric, prometheus
from qcn_lsp.simulator.vllm_answers import VllmAnswer

VERSION = "0.32.0"
"""The version that was recorded, and that `/version` tells with a mark that it is simulated."""

_DEFAULT_TEXT_TOKENS = 16
"""`max_tokens` of a completion that does not say."""

_REQUIRED = {Kind.CHAT: ("messages",), Kind.TEXT: ("prompt",)}


def error(status: int, kind: str, message: str, param: str | None) -> Refused:
    """An error in vLLM's shape."""
    return Refused(status, {"error": {"message": message, "type": kind, "param": param, "code": status}})


class Vllm:
    """See `Dialect`.

    Args:
        options: What to be.
        answering: Answers requests for generations.
    """

    manners = Manners(
        headers_go=HeadersGo.AT_ONCE,
        notices_leaving=True,
        json_type="application/json",
        stream_headers={"Content-Type": "text/event-stream; charset=utf-8"},
        done_after_error=True,
        closes_after_error=False,
    )

    def __init__(self, options: Options, answering: Answering) -> None:
        self._options = options
        self._answering = answering
        self._vocabulary = tokenizer.Vocabulary()
        self.cache: PrefixCache = Blocks()

    def read(self, kind: Kind, body: bytes) -> Asked:
        """See `Dialect`."""
        try:
            asked = read(kind, body, _REQUIRED[kind])
        except Unreadable as fault:
            raise _invalid(fault) from None
        self._check_model(asked.model)
        if asked.suffix:
            message = "suffix is only supported for models with FIM completion rendering"
            raise error(400, "BadRequestError", message, "suffix")
        if kind is Kind.TEXT and asked.max_tokens is None:
            return replace(asked, max_tokens=_DEFAULT_TEXT_TOKENS)
        return asked

    def prompt(self, asked: Asked) -> Prompt:
        """See `Dialect`."""
        text = render(asked.messages) if asked.kind is Kind.CHAT else asked.prompt
        return Prompt(asked.kind, tuple(tokenizer.pieces(text)), asked.messages)

    def check(self, asked: Asked, prompt: Prompt) -> None:
        """See `Dialect`. Here prompt and answer together must fit."""
        if prompt.tokens + (asked.max_tokens or 1) > self._options.ctx:
            raise self.overflow(asked, prompt.tokens)

    def overflow(self, asked: Asked, prompt_tokens: int) -> Refused:
        """See `Dialect`."""
        ctx, limit = self._options.ctx, asked.max_tokens or 1
        told = f"This model's maximum context length is {ctx} tokens. However, "
        if prompt_tokens > ctx:
            # It does not count on once it knows that the prompt is too long.
            prompt_tokens = ctx + 1
            told += (
                f"your prompt contains at least {prompt_tokens} input tokens, which exceeds this limit even without "
                "any output tokens. Please reduce the length of the input prompt."
            )
        else:
            told += (
                f"you requested {limit} output tokens and your prompt contains {prompt_tokens} input tokens, for a "
                f"total of {prompt_tokens + limit} tokens. Please reduce the length of the input prompt or the number "
                "of requested output tokens."
            )
        told += f" (parameter=input_tokens, value={prompt_tokens})"
        return error(400, "BadRequestError", told, "input_tokens")

    def failure(self) -> Refused:
        """See `Dialect`."""
        return error(500, "InternalServerError", "Internal server error", None)

    def answer(self, asked: Asked, prompt: Prompt, generation: Generation) -> Answer:  # noqa: ARG002 - the protocol's
        """See `Dialect`."""
        return VllmAnswer(asked, generation, cache_told=self._options.prompt_tokens_details)

    def admit(self, request: web.Request, *, loading: bool) -> None:  # noqa: ARG002 - while it loads it does not listen
        """See `Dialect`. Only what is below `/v1` needs the key."""
        key = self._options.api_key
        if key is not None and request.path.startswith("/v1") and not has_key(request, key):
            raise Refused(HTTPStatus.UNAUTHORIZED, {"error": "Unauthorized"})

    def unknown(self, status: int) -> Refused:
        """See `Dialect`."""
        return Refused(status, {"detail": HTTPStatus(status).phrase})

    def routes(self) -> Iterable[web.RouteDef]:
        """See `Dialect`."""
        return (
            web.get("/health", self._health),
            web.get("/version", self._version),
            web.get("/metrics", self._metrics),
            web.get("/v1/models", self._models),
            web.post("/tokenize", self._tokenize),
            web.post("/detokenize", self._detokenize),
            web.post("/v1/chat/completions", self._chat),
            web.post("/v1/completions", self._text),
        )

    def _check_model(self, model: object) -> None:
        if model is not None and model != MODEL:
            message = f"The model `{model}` does not exist. Valid aliases: {MODEL}."
            raise error(404, "NotFoundError", message, "model")

    def _json(self, body: object) -> web.Response:
        return json_response(self.manners, body)

    async def _chat(self, request: web.Request) -> web.StreamResponse:
        return await self._answering.handle(self, Kind.CHAT, request)

    async def _text(self, request: web.Request) -> web.StreamResponse:
        return await self._answering.handle(self, Kind.TEXT, request)

    async def _health(self, _request: web.Request) -> web.Response:
        return web.Response()

    async def _version(self, _request: web.Request) -> web.Response:
        return self._json({"version": f"{VERSION}+simulated"})

    async def _models(self, _request: web.Request) -> web.Response:
        permission: Json = {
            "id": f"modelperm-{secrets.token_hex(8)}",
            "object": "model_permission",
            "created": int(time.time()),
            **dict.fromkeys(("allow_sampling", "allow_logprobs", "allow_view"), True),
            **dict.fromkeys(("allow_create_engine", "allow_search_indices", "allow_fine_tuning", "is_blocking"), False),
            "organization": "*",
            "group": None,
        }
        card: Json = {
            "id": MODEL,
            "object": "model",
            "created": int(time.time()),
            "owned_by": SERVER,
            "root": MODEL,
            "parent": None,
            "max_model_len": self._options.ctx,
            "permission": [permission],
        }
        return self._json({"object": "list", "data": [card]})

    async def _tokenize(self, request: web.Request) -> web.Response:
        body = await self._fields(request)
        if "messages" in body:
            text = render(read(Kind.CHAT, await request.read(), ()).messages)
        else:
            text = str(body.get("prompt", ""))
        pieces = tokenizer.pieces(text)
        told: Json = {
            "count": len(pieces),
            "max_model_len": self._options.ctx,
            "tokens": self._vocabulary.encode(pieces),
            "token_strs": pieces if body.get("return_token_strs") else None,
        }
        return self._json(told)

    async def _detokenize(self, request: web.Request) -> web.Response:
        tokens = (await self._fields(request)).get("tokens")
        if not isinstance(tokens, list) or not all(isinstance(token, int) for token in tokens):
            raise _invalid(Unreadable("tokens", "list_type", "Input should be a valid list"))
        return self._json({"prompt": self._vocabulary.decode(tokens)})

    async def _metrics(self, _request: web.Request) -> web.Response:
        label, pool, done = f'engine="0",model_name="{MODEL}"', self._answering.pool, self._answering.totals
        figures = (
            ("num_requests_running", "gauge", pool.busy, "Number of requests being worked on"),
            ("num_requests_waiting", "gauge", pool.waiting, "Number of requests that wait"),
            ("prompt_tokens_total", "counter", done.prompt_tokens + done.cached_tokens, "Prompt tokens"),
            ("prefix_cache_hits_total", "counter", done.cached_tokens, "Prompt tokens from the cache"),
            ("generation_tokens_total", "counter", done.completion_tokens, "Tokens generated"),
        )
        metrics = (Metric(f"vllm:{name}", kind, value, text, label) for name, kind, value, text in figures)
        headers = {"Content-Type": "text/plain; version=1.0.0; charset=utf-8"}
        return web.Response(body=prometheus(metrics), headers=headers)

    async def _fields(self, request: web.Request) -> Mapping[str, object]:
        try:
            body = json_object(await request.read())
        except Unreadable as fault:
            raise _invalid(fault) from None
        self._check_model(body.get("model"))
        return body


def _invalid(fault: Unreadable) -> Refused:
    where = f"body.{fault.where or 0}"
    told, given = fault.message, f"<dict of {fault.fields} items>"
    if fault.what == "json_invalid":
        told = "JSON decode error"
    detail = f"{{'type': '{fault.what}', 'loc': '{where}', 'msg': '{told}', 'input': '{given}'}}"
    return error(400, "Bad Request", f"1 validation error:\n  {detail}", where)
