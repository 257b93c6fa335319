"""Foreign errors become the project's own here. No text of the server's or of a library's gets into a message.

A server may quote the request in its error, and a library may quote a header: messages name the address, the status and
the kind of the error only.
"""

import asyncio
import re
from collections.abc import Awaitable
from dataclasses import dataclass
from http import HTTPStatus
from typing import Self, TypeVar

import httpx2
import openai
from pydantic import ValidationError

from qcn_lsp.backends.client import EndlessAnswer, address
from qcn_lsp.backends.error_body import OverflowReader, read_error_body
from qcn_lsp.config.settings import BackendSettings
from qcn_lsp.errors import (
    BackendError,
    BackendTimeout,
    BackendUnavailable,
    BadAnswer,
    ContextOverflow,
    FeatureMissing,
    Unauthorized,
)

Awaited = TypeVar("Awaited")

_KIND = re.compile(r"[A-Za-z_]{1,40}")
# How h11 says that the other side has gone, before and after the headers; all else it says of bytes that are no HTTP.
_CLOSED = re.compile(r"disconnected|peer closed")
_LOADING = "is still loading its model; it will be used as soon as it is ready"
_ABSENT = "does not offer this endpoint; check base_url and that server names the right program"
_OR_KIND = "or server if that names another program"
_BUSY = "cannot take the request now; try again later"
_REDIRECT = "redirects elsewhere, which is not followed so that no code goes there; set base_url to the server itself"
MISSING = frozenset({HTTPStatus.NOT_FOUND, HTTPStatus.METHOD_NOT_ALLOWED, HTTPStatus.NOT_IMPLEMENTED})
"""Statuses of an endpoint that a server, or its command line, does not offer."""

_UNKNOWN_MODEL_CODE = "model_not_found"
# Statuses after which another backend should be asked.
_UNAVAILABLE: dict[int, str] = {
    **dict.fromkeys(MISSING, _ABSENT),
    HTTPStatus.SERVICE_UNAVAILABLE: _LOADING,
    HTTPStatus.TOO_MANY_REQUESTS: _BUSY,
    HTTPStatus.BAD_GATEWAY: _BUSY,
    HTTPStatus.GATEWAY_TIMEOUT: _BUSY,
    **dict.fromkeys(range(HTTPStatus.MULTIPLE_CHOICES, HTTPStatus.BAD_REQUEST), _REDIRECT),
}


class CutStream(Exception):
    """An event stream ended before it said why."""


@dataclass(frozen=True, slots=True)
class ErrorMapping:
    """Maps errors of one backend.

    Args:
        settings: The backend's.
        silence_limit_seconds: Named in the message of a timeout.
        read_overflow: Reads an error object as an overflow; each server says it differently.
        feature: What the requests are for, if not every server can do it; continues "cannot".
    """

    settings: BackendSettings
    silence_limit_seconds: float
    read_overflow: OverflowReader
    feature: str = ""

    def boundary(self) -> "Boundary":
        """A block that lets nothing foreign out."""
        return Boundary(self)

    async def in_time(self, waiting: Awaitable[Awaited]) -> Awaited:
        """What comes next of an answer, unless it takes twice the silence limit.

        Single bytes, and pings, end a silence for the library and would be waited for without end.

        Raises:
            BackendTimeout: It took longer.
        """
        seconds = 2 * self.silence_limit_seconds
        try:
            async with asyncio.timeout(seconds):
                return await waiting
        except TimeoutError:
            raise self.unfinished(seconds) from None

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
        overflow = told and self.read_overflow(told)
        if overflow:
            return ContextOverflow(self._name, overflow.prompt_tokens, overflow.ctx)
        if status == HTTPStatus.NOT_FOUND and self.is_about_the_model(body):
            return self.unknown_model()
        if status in MISSING and self.feature:
            return self.missing()
        if status in _UNAVAILABLE:
            return self._unavailable(_UNAVAILABLE[status])
        kind = f", {told.type}" if told and told.type and _KIND.fullmatch(told.type) else ""
        return self._refused(status, kind)

    def bad_answer(self, what: str) -> BackendError:
        """`what` continues a sentence that begins with the address."""
        return BadAnswer(self._name, f"{address(self.settings.base_url)} {what}")

    def absent(self) -> BackendError:
        """The server lacks an endpoint that every server of its kind has."""
        return self._unavailable(_ABSENT)

    def missing(self) -> BackendError:
        """The server, or its model, cannot do what these requests are for."""
        return FeatureMissing(self._name, f"{address(self.settings.base_url)} cannot {self.feature}")

    def is_about_the_model(self, body: object) -> bool:
        """Whether a 404 says that the model does not exist, and not that the endpoint does not."""
        told = read_error_body(body)
        if told is None:
            return False
        named = told.param == "model" or told.code == _UNKNOWN_MODEL_CODE
        return named or (told.type == "NotFoundError" and "model" in (told.message or ""))

    def unknown_model(self) -> BackendError:
        """The server serves no model of the name that was asked for."""
        asked = f"serve the model {self.settings.model!r}" if self.settings.model else "know the model it was asked for"
        return self._unavailable(f"does not {asked}; set model for this backend to one that it serves, {_OR_KIND}")

    def no_context(self) -> BackendError:
        """The server does not tell the one thing that must be known."""
        return self._unavailable(f"does not say how long its context is; set ctx for this backend, {_OR_KIND}")

    def unfinished(self, seconds: float) -> BackendError:
        """Something comes, and no answer."""
        return BackendTimeout(
            self._name,
            f"{address(self.settings.base_url)} sent no whole answer within {seconds:g} s; "
            "see whether base_url is a model server's, and whether that is stuck",
        )

    def wrong_type(self, content_type: str) -> BackendError:
        """A 200 of another content type than the protocol's: somebody else listens there."""
        kind = content_type.partition(";")[0].strip()
        shown = kind if re.fullmatch(r"[\w.+-]{1,40}/[\w.+-]{1,40}", kind) else "something else"
        return self.bad_answer(f"answers with {shown} instead of the protocol; correct base_url, {_OR_KIND}")

    @property
    def _name(self) -> str:
        return self.settings.name

    def _unavailable(self, what: str) -> BackendError:
        return BackendUnavailable(self._name, f"{address(self.settings.base_url)} {what}")

    def _refused(self, status: int, kind: str) -> BackendError:
        if status in {HTTPStatus.UNAUTHORIZED, HTTPStatus.FORBIDDEN}:
            return self._unauthorized(status)
        if status >= HTTPStatus.INTERNAL_SERVER_ERROR:
            return self.bad_answer(f"failed inside (status {status}{kind}); its own log says why")
        return self.bad_answer(f"refused the request (status {status}{kind}); this version may not fit that server")

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
        if isinstance(error, EndlessAnswer):
            return self.bad_answer("sends without end; check that base_url is a model server's")
        if isinstance(error, ValidationError | ValueError | RecursionError | openai.APIResponseValidationError):
            return self.bad_answer("sent what the protocol does not know; check that server names the right program")
        # Whatever comes here is a bug of ours or a library's; its text may quote a request, so only its type is told.
        return self.bad_answer(f"could not be understood ({type(error).__name__}); please report this")

    def _broken_off(self, error: Exception, *, answering: bool) -> BackendError:
        if answering:
            return self.bad_answer("broke off in the middle of the answer; see whether the server has stopped")
        if isinstance(error, CutStream):
            return self.bad_answer("sent no answer at all; check that base_url is a model server's")
        if isinstance(error, httpx2.RemoteProtocolError) and not _CLOSED.search(str(error)):
            return self.bad_answer("does not speak plain HTTP; check the port in base_url, or write https:// in it")
        return self._unavailable(
            "closed the connection without an answer; see whether it has stopped, expects https:// in base_url, "
            "or is no model server"
        )

    def _nobody(self, error: Exception) -> BackendError:
        # The libraries wrap OpenSSL's exceptions in their own and keep only the text.
        if "CERTIFICATE_VERIFY_FAILED" in str(error):
            return self._unavailable(
                "has a certificate that is not trusted here; add its authority to the system's, or correct base_url"
            )
        if "[SSL" in str(error):
            return self._unavailable("does not speak TLS; write http:// in base_url, or correct its port")
        # A server without TLS may wait for the end of what it takes for a request.
        tls = ": http:// if it speaks no TLS" if self.settings.base_url.startswith("https:") else ""
        return self._unavailable(f"does not answer; start the server or correct base_url{tls}")


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
