"""The simulated server as an aiohttp application."""

import asyncio
from collections.abc import Awaitable, Callable, Mapping
from http import HTTPStatus

from aiohttp import web

from qcn_lsp.config.settings import ServerKind
from qcn_lsp.simulator.answering import Answering
from qcn_lsp.simulator.dialect import SERVER, Dialect, Refused, json_response
from qcn_lsp.simulator.ik_llama_cpp import IkLlamaCpp
from qcn_lsp.simulator.llama_cpp import LlamaCpp
from qcn_lsp.simulator.options import Options
from qcn_lsp.simulator.request_log import RequestLog
from qcn_lsp.simulator.vllm import Vllm

# The real servers take requests of any size; a prompt for the largest context is some megabytes.
_MAX_BODY_BYTES = 64 << 20

_DIALECTS: Mapping[ServerKind, Callable[[Options, Answering], Dialect]] = {
    ServerKind.LLAMA_CPP: LlamaCpp,
    ServerKind.IK_LLAMA_CPP: IkLlamaCpp,
    ServerKind.VLLM: Vllm,
}

Handler = Callable[[web.Request], Awaitable[web.StreamResponse]]


def build_app(options: Options) -> web.Application:
    """The application of one server.

    Raises:
        ConfigError: The log cannot be written.
    """
    log = RequestLog(options.log)
    dialect = _DIALECTS[options.published.server](options, Answering(options, log))
    server = _Server(options, dialect, log)
    app = web.Application(middlewares=[server.admit_and_reword], client_max_size=_MAX_BODY_BYTES)
    app.add_routes(dialect.routes())
    app.on_startup.append(server.start)
    app.on_cleanup.append(server.stop)
    app.on_response_prepare.append(server.sign)
    return app


class _Server:
    def __init__(self, options: Options, dialect: Dialect, log: RequestLog) -> None:
        self._load_seconds = options.load_seconds
        self._dialect = dialect
        self._log = log
        self._ready_at = 0.0

    async def start(self, _app: web.Application) -> None:
        self._ready_at = asyncio.get_running_loop().time() + self._load_seconds

    async def stop(self, _app: web.Application) -> None:
        self._log.close()

    async def sign(self, _request: web.Request, response: web.StreamResponse) -> None:
        response.headers["Server"] = SERVER
        if response.status >= HTTPStatus.BAD_REQUEST and self._dialect.manners.closes_after_error:
            response.headers["Connection"] = "close"
            response.force_close()

    @web.middleware
    async def admit_and_reword(self, request: web.Request, handler: Handler) -> web.StreamResponse:
        """Keeps out who may not enter, and says errors in the dialect's words."""
        loading = asyncio.get_running_loop().time() < self._ready_at
        try:
            self._dialect.admit(request, loading=loading)
            return await handler(request)
        except (web.HTTPNotFound, web.HTTPMethodNotAllowed) as error:
            refused = self._dialect.unknown(error.status)
        except Refused as error:
            refused = error
        except ConnectionResetError:
            return web.Response()  # the client left before its request was whole: nobody reads this
        return json_response(self._dialect.manners, refused.body, refused.status)
