"""pygls' protocol, with what the specification asks for and it leaves out.

- Requests before `initialize` and after `shutdown` are refused; pygls answers the former and ignores the latter.
- A request whose parameters cannot be read is answered; pygls loses its id.
- `exit` gives the specified code; pygls swallows it.
- A command is cancelled by `$/cancelRequest`; pygls goes on with it.
- Nothing is kept of a handled notification; pygls keeps 1.8 KB of each, so memory would grow with every key.
"""

import asyncio
from functools import partial
from typing import TYPE_CHECKING, Any

from lsprotocol import types
from pygls.exceptions import JsonRpcException, JsonRpcInvalidParams
from pygls.protocol import JsonRPCNotification, LanguageServerProtocol, lsp_method

from qcn_lsp.server.text import Texts

if TYPE_CHECKING:
    from concurrent.futures import Future

_IGNORED = "$/qcn-ignored"
_SERVER_NOT_INITIALIZED = -32002
_INVALID_REQUEST = -32600
_PARSE_ERROR = -32700


class Protocol(LanguageServerProtocol):
    """What is said between editor and server."""

    exit_code: int | None = None
    """0 after `shutdown` and `exit`, 1 after `exit` alone, None while the server runs."""

    stopped: asyncio.Event | None = None
    """Set when the server is to end."""

    # pygls' signatures are untyped below this line; Any ends here.

    def _execute_handler(
        self,
        msg_id: Any,
        handler: Any,
        callback: Any,
        args: tuple[Any, ...] | None = None,
        kwargs: dict[str, Any] | None = None,
    ) -> None:
        done = partial(self._handled, msg_id, callback)
        super()._execute_handler(msg_id, handler, done, args=args, kwargs=kwargs)

    def _handled(self, msg_id: Any, callback: Any, future: "Future[Any]") -> None:
        self._request_futures.pop(msg_id, None)
        callback(future)

    def _handle_request(self, msg_id: Any, method_name: str, params: Any) -> None:
        refusal = self._refusal(method_name)
        if refusal:
            self._send_response(msg_id, None, refusal)
        else:
            super()._handle_request(msg_id, method_name, params)

    def _refusal(self, method: str) -> types.ResponseError | None:
        if self._shutdown:
            return types.ResponseError(code=_INVALID_REQUEST, message="The server is shutting down")
        if self._workspace is None and method != types.INITIALIZE:
            return types.ResponseError(code=_SERVER_NOT_INITIALIZED, message="The server expects initialize first")
        if self._workspace is not None and method == types.INITIALIZE:
            return types.ResponseError(code=_INVALID_REQUEST, message="The server is initialized already")
        return None

    def _handle_notification(self, method_name: str, params: Any) -> None:
        if method_name == _IGNORED or (self._workspace is None and method_name != types.EXIT):
            return
        super()._handle_notification(method_name, params)

    def handle_message(self, message: Any) -> None:
        """Passes a message on; after `shutdown`, requests are still answered."""
        if self._shutdown and isinstance(getattr(message, "id", None), str | int) and hasattr(message, "method"):
            self._handle_request(message.id, message.method, None)
            return
        super().handle_message(message)

    def structure_message(self, data: Any) -> Any:
        """Reads a message's parameters; a request that cannot be read is answered here."""
        try:
            return super().structure_message(data)
        except JsonRpcException as error:
            if "id" in data and "method" in data:
                refusal = self._refusal(str(data["method"])) or error.to_response_error()
                self._send_response(data["id"], None, refusal)
            return JsonRPCNotification(_IGNORED, self.VERSION, None)

    def keep_texts_ourselves(self) -> None:
        """Replaces pygls' workspace, which it has just made and which is empty, by ours."""
        made = self.workspace
        self._workspace = Texts(
            made.root_uri, types.TextDocumentSyncKind.Incremental, list(made.folders.values()), made.position_encoding
        )

    def refuse_unreadable(self) -> None:
        """Answers a message that is no JSON."""
        error = types.ResponseError(code=_PARSE_ERROR, message="The message is not valid JSON")
        self._send_data(types.ResponseErrorMessage(id=None, error=error))

    @lsp_method(types.WORKSPACE_EXECUTE_COMMAND)
    async def lsp_workspace__execute_command(  # type: ignore[override] # a coroutine can be cancelled
        self, params: types.ExecuteCommandParams
    ) -> Any:
        """Runs a command in the request's own task, so that cancelling the request cancels the command."""
        command = self.fm.commands.get(params.command)
        if command is None:
            raise JsonRpcInvalidParams(f"There is no command {params.command!r}")
        return await command(*(params.arguments or ()))

    @lsp_method(types.EXIT)
    def lsp_exit(self, *_: Any) -> None:  # type: ignore[override] # nothing to wait for
        """Ends the server; the code says whether `shutdown` came first."""
        self.stop(0 if self._shutdown else 1)

    def stop(self, code: int) -> None:
        """Ends the server with this code; the first reason counts."""
        if self.exit_code is None:
            self.exit_code = code
        if self.stopped:
            self.stopped.set()
