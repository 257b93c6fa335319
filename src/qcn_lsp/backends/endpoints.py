"""A server's own endpoints, which answer at once: what it is, what it does, how many tokens a text has."""

import asyncio
from collections.abc import Mapping
from typing import TypeVar, cast

import httpx2
from pydantic import TypeAdapter

from qcn_lsp.backends.client import CONNECT_SECONDS, SITE, Connection
from qcn_lsp.backends.error_mapping import MISSING, ErrorMapping

ANSWER_SECONDS = 5.0
"""These endpoints do not wait for a slot."""

WHOLE_SECONDS = 2 * ANSWER_SECONDS
"""For an answer from its first byte to its last."""

_JSON = "application/json"
# Every server has it, and a web page may ask for it without asking whether it may.
_ANY_ENDPOINT = "/v1/models"

Answer = TypeVar("Answer")


class Endpoints:
    """Asks them.

    Args:
        connection: To the server.
        errors: Its silence limit is `ANSWER_SECONDS`.
    """

    def __init__(self, connection: Connection, errors: ErrorMapping) -> None:
        self._connection = connection
        self._errors = errors

    async def get(self, path: str, shape: TypeAdapter[Answer]) -> Answer | None:
        """What an endpoint answers; None if this build, or its command line, does not offer it.

        Raises:
            BackendError: As `Backend.probe`.
        """
        return await self._json("GET", path, shape, None)

    async def post(self, path: str, shape: TypeAdapter[Answer], body: Mapping[str, object]) -> Answer | None:
        """The same with a body."""
        return await self._json("POST", path, shape, body)

    async def text(self, path: str) -> str | None:
        """What an endpoint answers, if that is not JSON; None as for `get`."""
        with self._errors.boundary():
            answer = await self._send("GET", path, None)
            return None if answer is None else answer.text

    async def admits_any_site(self) -> bool:
        """Whether it lets web pages of any site use it, by what it answers to one.

        Raises:
            BackendError: As `Backend.probe`.
        """
        with self._errors.boundary():
            answer = await self._request("GET", _ANY_ENDPOINT, headers={"Origin": SITE})
            return answer.headers.get("Access-Control-Allow-Origin") in {"*", SITE}

    async def _json(
        self, method: str, path: str, shape: TypeAdapter[Answer], body: Mapping[str, object] | None
    ) -> Answer | None:
        with self._errors.boundary():
            answer = await self._send(method, path, body)
            if answer is None:
                return None
            content_type = answer.headers.get("Content-Type", "")
            if not content_type.startswith(_JSON):
                raise self._errors.wrong_type(content_type)
            return shape.validate_json(answer.content)

    async def _send(self, method: str, path: str, body: Mapping[str, object] | None) -> httpx2.Response | None:
        answer = await self._request(method, path, body)
        told = _decoded(answer)
        if answer.status_code in MISSING and not self._errors.is_about_the_model(told):
            return None
        if not answer.is_success:
            raise self._errors.status(answer.status_code, told)
        return answer

    async def _request(
        self,
        method: str,
        path: str,
        body: Mapping[str, object] | None = None,
        headers: Mapping[str, str] | None = None,
    ) -> httpx2.Response:
        timeout = httpx2.Timeout(ANSWER_SECONDS, connect=CONNECT_SECONDS)
        url = self._connection.url(path)
        try:
            async with asyncio.timeout(WHOLE_SECONDS):
                return await self._connection.http.request(method, url, json=body, headers=headers, timeout=timeout)
        except TimeoutError:
            raise self._errors.unfinished(WHOLE_SECONDS) from None


def _decoded(answer: httpx2.Response) -> object:
    if answer.is_success:
        return None
    try:
        return cast("object", answer.json())
    except (ValueError, RecursionError):
        return None
