"""The simulated server's endpoints, as an aiohttp application."""

import asyncio
import json
from collections.abc import Awaitable, Callable, Mapping
from http import HTTPStatus

from aiohttp import web

from qcn_lsp.simulator import bodies, tokenizer
from qcn_lsp.simulator.answering import ChatEndpoint, json_response
from qcn_lsp.simulator.chat import BadRequest, parse_request, render
from qcn_lsp.simulator.options import Options
from qcn_lsp.simulator.request_log import RequestLog
from qcn_lsp.simulator.slots import SlotPool

# llama.cpp takes requests of any size; a prompt for the largest context is some megabytes.
_MAX_BODY_BYTES = 64 << 20

Handler = Callable[[web.Request], Awaitable[web.StreamResponse]]


def build_app(options: Options) -> web.Application:
    """The application of one server.

    Raises:
        ConfigError: The log cannot be written.
    """
    server = _Server(options)
    app = web.Application(middlewares=[server.errors_and_loading], client_max_size=_MAX_BODY_BYTES)
    app.add_routes(
        [
            *(web.get(path, server.health) for path in ("/health", "/v1/health")),
            *(web.get(path, server.models) for path in ("/models", "/v1/models")),
            web.get("/props", server.props),
            web.get("/slots", server.slots),
            web.post("/tokenize", server.tokenize),
            web.post("/detokenize", server.detokenize),
            web.post("/apply-template", server.apply_template),
            *(web.post(path, server.chat) for path in ("/chat/completions", "/v1/chat/completions")),
        ]
    )
    app.on_startup.append(server.start)
    app.on_cleanup.append(server.stop)
    app.on_response_prepare.append(_sign)
    return app


async def _sign(_request: web.Request, response: web.StreamResponse) -> None:
    response.headers["Server"] = bodies.SERVER
    if response.status >= HTTPStatus.BAD_REQUEST:
        response.force_close()


class _Server:
    def __init__(self, options: Options) -> None:
        self._options = options
        self._pool = SlotPool(options.slots)
        self._vocabulary = tokenizer.Vocabulary()
        self._log = RequestLog(options.log)
        self._chat = ChatEndpoint(options, self._pool, self._log)
        self._ready_at = 0.0

    async def start(self, _app: web.Application) -> None:
        self._ready_at = asyncio.get_running_loop().time() + self._options.load_seconds

    async def stop(self, _app: web.Application) -> None:
        self._log.close()

    @web.middleware
    async def errors_and_loading(self, request: web.Request, handler: Handler) -> web.StreamResponse:
        """503 until the model is loaded, and errors in llama.cpp's shape."""
        if asyncio.get_running_loop().time() < self._ready_at:
            return json_response(bodies.LOADING, HTTPStatus.SERVICE_UNAVAILABLE)
        try:
            return await handler(request)
        except BadRequest as error:
            body = bodies.error(HTTPStatus.BAD_REQUEST, "invalid_request_error", str(error))
            return json_response(body, HTTPStatus.BAD_REQUEST)
        except (web.HTTPNotFound, web.HTTPMethodNotAllowed):
            return json_response(bodies.NOT_FOUND, HTTPStatus.NOT_FOUND)

    async def health(self, _request: web.Request) -> web.Response:
        return json_response({"status": "ok"})

    async def models(self, _request: web.Request) -> web.Response:
        return json_response(bodies.models(self._options.ctx))

    async def props(self, _request: web.Request) -> web.Response:
        return json_response(bodies.props(self._options.ctx, self._options.slots))

    async def slots(self, request: web.Request) -> web.Response:
        if request.query.get("fail_on_no_slot") and all(slot.busy for slot in self._pool.slots):
            return json_response(bodies.NO_SLOT, HTTPStatus.SERVICE_UNAVAILABLE)
        return json_response([bodies.slot(slot, self._options.ctx) for slot in self._pool.slots])

    async def tokenize(self, request: web.Request) -> web.Response:
        body = await _json_object(request)
        pieces = tokenizer.pieces(str(body.get("content", "")), control=body.get("parse_special", True) is not False)
        numbers = self._vocabulary.encode(pieces)
        if body.get("with_pieces"):
            pairs = zip(numbers, pieces, strict=True)
            return json_response({"tokens": [{"id": number, "piece": piece} for number, piece in pairs]})
        return json_response({"tokens": numbers})

    async def detokenize(self, request: web.Request) -> web.Response:
        tokens = (await _json_object(request)).get("tokens", [])
        if not isinstance(tokens, list) or not all(isinstance(token, int) for token in tokens):
            raise BadRequest("'tokens' must be an array of numbers")
        return json_response({"content": self._vocabulary.decode(tokens)})

    async def apply_template(self, request: web.Request) -> web.Response:
        return json_response({"prompt": render(parse_request(await request.read()).messages)})

    async def chat(self, request: web.Request) -> web.StreamResponse:
        return await self._chat.handle(request)


async def _json_object(request: web.Request) -> Mapping[str, object]:
    try:
        body: object = json.loads(await request.read())
    except ValueError as error:
        raise BadRequest(f"[json.exception.parse_error.101] parse error: {error}") from None
    if not isinstance(body, dict):
        raise BadRequest("the body must be an object")
    return body
