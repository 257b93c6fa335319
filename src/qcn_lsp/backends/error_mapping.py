"""Foreign errors become the project's own here. No text of the server's or of a library's gets into a message.

A server may quote the request in its error, and a library may quote a header: messages name the address, the status and
the kind of the error only.
"""

import re
from collections.abc import Callable
from dataclasses import dataclass
from http import HTTPStatus
from typing import Self

import httpx2
import openai
from pydantic import BaseModel, ValidationError

from qcn_lsp.backends.client import address
from qcn_lsp.config.settings import BackendSettings
from qcn_lsp.errors import BackendError, BackendTimeout, BackendUnavailable, BadAnswer, ContextOverflow, Unauthorized

_KIND = re.compile(r"[A-Za-z_]{1,40}")
_LOADING = "is still loading its model; it will be used as soon as it is ready"
_ABSENT = "does not offer this endpoint; check base_url and that server names the right program"
_BUSY = "cannot take the request now; try again later"
_REDIRECT = "redirects elsewhere, which is not followed so that no code goes there; set base_url to the server itself"
# Statuses after which another backend should be asked.
_UNAVAILABLE = {
    HTTPStatus.NOT_FOUND: _ABSENT,
    HTTPStatus.METHOD_NOT_ALLOWED: _ABSENT,
    HTTPStatus.NOT_IMPLEMENTED: _ABSENT,
    HTTPStatus.SERVICE_UNAVAILABLE: _LOADING,
    HTTPStatus.TOO_MANY_REQUESTS: _BUSY,
    HTTPStatus.BAD_GATEWAY: _BUSY,
    HTTPStatus.GATEWAY_TIMEOUT: _BUSY,
    **dict.fromkeys(range(HTTPStatus.MULTIPLE_CHOICES, HTTPStatus.BAD_REQUEST), _REDIRECT),
}


class ErrorBody(BaseModel):
    """The `error` object of an answer. What a server leaves out is None."""

    code: int | str | None = None
    type: str | None = None
    message: str | None = None
    n_prompt_tokens: int | None = None
    n_ctx: int | None = None


class CutStream(Exception):
    """An event stream ended before it said why."""


@dataclass(frozen=True, slots=True)
class ErrorMapping:
    """Maps errors of one backend.

    Args:
        settings: The backend's.
        silence_limit_seconds: Named in the message of a timeout.
        is_overflow: Whether an error object means that the prompt did not fit; each server says it differently.
    """

    settings: BackendSettings
    silence_limit_seconds: float
    is_overflow: Callable[[ErrorBody], bool]

    def boundary(self) -> "Boundary":
        """A block that lets nothing foreign out."""
        return Boundary(self)

    def map(self, error: Exception, *, answering: bool = False) -> BackendError:
        """The project's error for any exception of openai, httpx2, pydantic or the standard library.

        Args:
            error: What was raised.
            answering: Whether the answer had begun.
        """
        if isinstance(error, BackendError):
            return error
        if isinstance(error, openai.APIStatusError):
            return self.status(error.status_code, error.body)
        if isinstance(error, openai.APIConnectionError) and isinstance(error.__cause__, Exception):
            return self._transport(error.__cause__, answering=answering)
        if isinstance(error, openai.APIError) and error.body is not None:
            return self._told_in_stream(error.body)
        return self._transport(error, answering=answering)

    def status(self, status: int, body: object) -> BackendError:
        """The error for an HTTP status that is not 2xx, with the decoded body, if there was one."""
        told = read_error_body(body)
        if told is not None and self.is_overflow(told):
            return ContextOverflow(self._name, told.n_prompt_tokens, told.n_ctx)
        if status in _UNAVAILABLE:
            return self._unavailable(_UNAVAILABLE[status])
        if status in {HTTPStatus.UNAUTHORIZED, HTTPStatus.FORBIDDEN}:
            return self._unauthorized(status)
        kind = f", {told.type}" if told and told.type and _KIND.fullmatch(told.type) else ""
        if status >= HTTPStatus.INTERNAL_SERVER_ERROR:
            return self.bad_answer(f"failed inside (status {status}{kind}); its own log says why")
        return self.bad_answer(f"refused the request (status {status}{kind}); this version may not fit that server")

    def bad_answer(self, what: str) -> BackendError:
        """`what` continues a sentence that begins with the address."""
        return BadAnswer(self._name, f"{address(self.settings.base_url)} {what}")

    def wrong_type(self, content_type: str) -> BackendError:
        """A 200 of another content type than the protocol's: somebody else listens there."""
        kind = content_type.partition(";")[0].strip()
        shown = kind if re.fullmatch(r"[\w.+-]{1,40}/[\w.+-]{1,40}", kind) else "something else"
        return self.bad_answer(f"answers with {shown} instead of the protocol; check that base_url is a model server's")

    @property
    def _name(self) -> str:
        return self.settings.name

    def _unavailable(self, what: str) -> BackendError:
        return BackendUnavailable(self._name, f"{address(self.settings.base_url)} {what}")

    def _unauthorized(self, status: int) -> BackendError:
        variable = self.settings.api_key_env
        remedy = f"check the key in {variable}" if variable else "name the variable that holds its key in api_key_env"
        return Unauthorized(
            self._name, f"{address(self.settings.base_url)} refused the key (status {status}); {remedy}"
        )

    def _told_in_stream(self, body: object) -> BackendError:
        """An error object in the middle of a stream has its status inside."""
        told = read_error_body(body)
        if told and isinstance(told.code, int) and told.code >= HTTPStatus.BAD_REQUEST:
            return self.status(told.code, body)
        return self.status(HTTPStatus.INTERNAL_SERVER_ERROR, body)

    def _transport(self, error: Exception, *, answering: bool) -> BackendError:
        if isinstance(error, httpx2.ConnectError | httpx2.ConnectTimeout | httpx2.ProxyError):
            return self._nobody(error)
        if isinstance(error, httpx2.TimeoutException | TimeoutError):
            return BackendTimeout(
                self._name,
                f"{address(self.settings.base_url)} sent nothing for {self.silence_limit_seconds:g} s; "
                "see whether the server is stuck or busy with someone else",
            )
        if isinstance(error, httpx2.TransportError | httpx2.StreamError | CutStream):
            return self._broken_off(error, answering=answering)
        if isinstance(error, ValidationError | ValueError | openai.APIResponseValidationError):
            return self.bad_answer("sent what the protocol does not know; check that server names the right program")
        # Whatever comes here is a bug of ours or a library's; its text may quote a request, so only its type is told.
        return self.bad_answer(f"could not be understood ({type(error).__name__}); please report this")

    def _broken_off(self, error: Exception, *, answering: bool) -> BackendError:
        if answering:
            return self.bad_answer("broke off in the middle of the answer; see whether the server has stopped")
        if isinstance(error, CutStream):
            return self.bad_answer("sent no answer at all; check that base_url is a model server's")
        if isinstance(error, httpx2.RemoteProtocolError) and "disconnected" not in str(error):
            return self.bad_answer("does not speak HTTP; check the port in base_url")
        return self._unavailable("closed the connection without an answer; see whether the server has stopped")

    def _nobody(self, error: Exception) -> BackendError:
        if "certificate" in str(error).lower():
            return self._unavailable("has a certificate that is not trusted; correct it or base_url")
        return self._unavailable("does not answer; start the server or correct base_url")


class Boundary:
    """A block out of which every exception comes as the project's own.

    `answering` is set by the block when the answer has begun: a broken connection means something else then.
    """

    def __init__(self, mapping: ErrorMapping) -> None:
        self.answering = False
        self._mapping = mapping

    def __enter__(self) -> Self:
        return self

    def __exit__(self, _type: type[BaseException] | None, error: BaseException | None, _trace: object) -> None:
        # Cancellation and the closing of a generator are no Exceptions, and pass.
        if isinstance(error, Exception):
            # The original carries the request, and would be printed with it in a traceback.
            raise self._mapping.map(error, answering=self.answering) from None


def read_error_body(body: object) -> ErrorBody | None:
    """The error object of an answer, with or without its envelope; None if it is anything else."""
    if isinstance(body, dict) and isinstance(body.get("error"), dict):
        body = body["error"]
    try:
        return ErrorBody.model_validate(body)
    except ValidationError:
        return None
