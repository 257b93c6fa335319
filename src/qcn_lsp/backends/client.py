"""The HTTP client of all backends: openai on httpx2, closed against everything that could carry code or keys elsewhere.

Both libraries trust the environment by default: proxies, `.netrc`, `OPENAI_CUSTOM_HEADERS`, `OPENAI_ORG_ID`. None of
that concerns a local model server: requests go to the configured address and carry only the headers listed here.
"""

import logging
import os
from collections.abc import AsyncIterator, Mapping
from dataclasses import dataclass, field
from urllib.parse import urlsplit

import httpx2
import openai

from qcn_lsp.config.settings import BackendSettings
from qcn_lsp.errors import Unauthorized

CONNECT_SECONDS = 2.0
"""A server that runs accepts a connection at once, even while it computes."""

SITE = "https://site.invalid"
"""Named as the origin of a request, to see if a server lets any web page use it. No such name can exist (RFC 2606)."""

MOST_BYTES = 32 << 20
"""Of one answer. The longest honest one, the token numbers of a text of some megabytes, has less."""

_WRITE_SECONDS = 30.0
# llama.cpp closes a connection that was idle for five seconds. Reusing one at that very moment would fail.
_IDLE_SECONDS = 2.0
_NO_KEY = "no-key"
_V1 = "/v1"
_HEADERS = frozenset(
    {"accept", "accept-encoding", "connection", "content-length", "content-type", "host", "user-agent"}
)
# They log whole requests and addresses, and OPENAI_LOG in the environment would switch that on.
_LOGGERS = ("openai", "httpx2", "httpcore2")


class EndlessAnswer(Exception):
    """An answer has more than `MOST_BYTES`."""


class _Bounded(httpx2.AsyncByteStream):
    """The bytes of an answer, as long as they are not too many: nobody keeps what a broken server sends without end."""

    def __init__(self, stream: httpx2.AsyncByteStream) -> None:
        self._stream = stream

    async def __aiter__(self) -> AsyncIterator[bytes]:
        left = MOST_BYTES
        async for piece in self._stream:
            left -= len(piece)
            if left < 0:
                raise EndlessAnswer
            yield piece

    async def aclose(self) -> None:
        await self._stream.aclose()


@dataclass(frozen=True, slots=True)
class Connection:
    """The two faces of one client.

    Args:
        http: For answers that come at once.
        streaming: For generations.
        base_url: Address of the OpenAI-compatible endpoints, without a trailing slash.
    """

    http: httpx2.AsyncClient = field(repr=False)
    streaming: openai.AsyncOpenAI = field(repr=False)
    base_url: str

    def url(self, path: str) -> str:
        """Address of an endpoint: `/v1/…` are the OpenAI-compatible ones, wherever those are; the rest are its own."""
        if path.startswith(_V1):
            return self.base_url + path.removeprefix(_V1)
        return self.base_url.removesuffix(_V1) + path

    async def stream(self, path: str, body: Mapping[str, object]) -> openai.AsyncStream[object]:
        """Posts a request for an event stream and returns when the answer has begun; each item is decoded JSON.

        Args:
            path: As for `url`.
            body: Sent as it is.

        Raises:
            openai.APIError: The server did not accept it; so does reading the stream where an error comes in it.
        """
        return await self.streaming.post(
            self.url(path), body=body, cast_to=object, stream=True, stream_cls=openai.AsyncStream[object]
        )


def connect(settings: BackendSettings, silence_limit_seconds: float) -> Connection:
    """Builds the client; nothing is sent yet.

    Args:
        settings: Where the server is.
        silence_limit_seconds: The longest wait for the next byte.

    Raises:
        Unauthorized: The key in the environment cannot be sent.
    """
    _silence_loggers()
    key = _read_key(settings)

    async def keep_known_headers(request: httpx2.Request) -> None:
        known = _HEADERS | ({"origin"} if request.headers.get("Origin") == SITE else frozenset())
        for name in set(request.headers.keys()) - known:
            del request.headers[name]
        request.headers["Authorization"] = f"Bearer {key}"

    http = httpx2.AsyncClient(
        # A few compressed bytes could unpack to gigabytes.
        headers={"Accept-Encoding": "identity"},
        # A proxy named in the environment must not carry code off this machine.
        trust_env=settings.allow_remote,
        # Nor may whoever listens on the port send it on to somewhere else.
        follow_redirects=False,
        timeout=httpx2.Timeout(
            connect=CONNECT_SECONDS, read=silence_limit_seconds, write=_WRITE_SECONDS, pool=silence_limit_seconds
        ),
        limits=httpx2.Limits(max_connections=None, max_keepalive_connections=4, keepalive_expiry=_IDLE_SECONDS),
        event_hooks={"request": [keep_known_headers], "response": [_bound]},
    )
    streaming = openai.AsyncOpenAI(
        api_key=key,
        base_url=settings.base_url,
        http_client=http,
        # The caller decides what is worth a second attempt; openai would repeat even timeouts.
        max_retries=0,
        timeout=http.timeout,
    )
    return Connection(http=http, streaming=streaming, base_url=settings.base_url)


async def _bound(response: httpx2.Response) -> None:
    # What is compressed although nobody asked for that is left so, and then understood by nobody.
    response.headers.pop("Content-Encoding", None)
    if isinstance(response.stream, httpx2.AsyncByteStream):
        response.stream = _Bounded(response.stream)


def address(base_url: str) -> str:
    """What error messages call the server: scheme, host and port, and nothing that could be secret."""
    parts = urlsplit(base_url)
    host = f"[{parts.hostname}]" if ":" in (parts.hostname or "") else parts.hostname
    return f"{parts.scheme}://{host}:{parts.port}" if parts.port else f"{parts.scheme}://{host}"


def _read_key(settings: BackendSettings) -> str:
    # Files that hold keys end in a line break, which no header can carry.
    key = os.environ.get(settings.api_key_env, "").strip() if settings.api_key_env else ""
    if not (key.isascii() and (key.isprintable() or not key)):
        raise Unauthorized(
            settings.name, f"the key in {settings.api_key_env} has characters that cannot be sent; set it anew"
        )
    return key or _NO_KEY


def _silence_loggers() -> None:
    for name in _LOGGERS:
        logging.getLogger(name).setLevel(logging.ERROR)
