"""What a dialect has to say, so that the rest of the simulator can serve it."""

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from enum import Enum, auto
from typing import Protocol, TypeAlias

from aiohttp import web

from qcn_lsp.simulator.asking import Asked, Kind
from qcn_lsp.simulator.generation import Generation
from qcn_lsp.simulator.prefix_cache import PrefixCache, Prompt

Json: TypeAlias = Mapping[str, object]

MODEL = "simulated-qwen3-coder-next"
SERVER = "qcn-lsp-simulator"
"""How every answer says that it is simulated: as the model's name, and in the header `Server`."""


class Refused(Exception):
    """A request that is answered with an error.

    Args:
        status: HTTP status.
        body: The JSON body in the dialect's words.
    """

    def __init__(self, status: int, body: Json) -> None:
        super().__init__(f"{status} {body}")
        self.status = status
        self.body = body


class HeadersGo(Enum):
    """When the headers of a streamed answer are sent."""

    AT_ONCE = auto()  # also to a request that waits for a slot
    WITH_THE_SLOT = auto()
    WITH_THE_ANSWER = auto()  # when the prompt has been read


@dataclass(frozen=True, slots=True)
class Manners:
    """How a server behaves beside its words.

    Args:
        headers_go: When the headers of a stream are sent.
        notices_leaving: Whether it looks for a client that has left after each batch and token; others notice only
            where something is written.
        json_type: Content type of its JSON.
        stream_headers: Headers of its event streams.
        done_after_error: Whether an error in the middle of a stream is followed by `[DONE]`.
        closes_after_error: Whether it closes the connection after an error.
    """

    headers_go: HeadersGo
    notices_leaving: bool
    json_type: str
    stream_headers: Mapping[str, str]
    done_after_error: bool
    closes_after_error: bool


class Answer(Protocol):
    """The JSON bodies of one answer."""

    ends_with_done: bool
    """Whether its stream ends with `[DONE]`."""

    def opening(self) -> Iterable[Json]:
        """Events before the first token."""
        ...

    def progress(self, done: int) -> Iterable[Json]:
        """Events after a batch of the prompt; `done` tokens of it have been read."""
        ...

    def piece(self, text: str) -> Iterable[Json]:
        """Events of a token; the one that ends the answer has no text."""
        ...

    def closing(self) -> Iterable[Json]:
        """Events after the last token."""
        ...

    def whole(self, text: str) -> Json:
        """The answer of a request that does not stream."""
        ...


class Dialect(Protocol):
    """One server's endpoints, bodies and errors."""

    manners: Manners
    cache: PrefixCache

    def read(self, kind: Kind, body: bytes) -> Asked:
        """Reads a request.

        Raises:
            Refused: It is none.
        """
        ...

    def prompt(self, asked: Asked) -> Prompt:
        """What the model reads."""
        ...

    def check(self, asked: Asked, prompt: Prompt) -> None:
        """Refuses what the real server refuses.

        Raises:
            Refused: In particular what does not fit into the context.
        """
        ...

    def overflow(self, asked: Asked, prompt_tokens: int) -> Refused:
        """The error for a prompt that does not fit."""
        ...

    def failure(self) -> Refused:
        """The error for a fault of the server's own, which in a stream that has begun is an event."""
        ...

    def answer(self, asked: Asked, prompt: Prompt, generation: Generation) -> Answer:
        """The bodies of an answer."""
        ...

    def admit(self, request: web.Request, *, loading: bool) -> None:
        """Lets a request in.

        Raises:
            Refused: The model is loading, or the key is wrong.
        """
        ...

    def unknown(self, status: int) -> Refused:
        """The error for a path or a method that does not exist."""
        ...

    def routes(self) -> Iterable[web.RouteDef]:
        """Its endpoints."""
        ...


def dumps(body: object) -> str:
    """JSON as all three servers write it: without white space."""
    return json.dumps(body, separators=(",", ":"), ensure_ascii=False)


def json_response(manners: Manners, body: object, status: int = 200) -> web.Response:
    """A JSON answer."""
    return web.Response(body=dumps(body).encode(), status=status, headers={"Content-Type": manners.json_type})


def has_key(request: web.Request, key: str) -> bool:
    """Whether a request carries the key as a bearer token."""
    scheme, _, told = request.headers.get("Authorization", "").partition(" ")
    return scheme.lower() == "bearer" and told == key
