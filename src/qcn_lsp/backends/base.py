"""What every backend has: a connection, its errors, counts that are kept, and one way to stream a generation."""

from abc import ABC, abstractmethod
from collections.abc import AsyncGenerator, Awaitable, Callable, Mapping
from dataclasses import dataclass, replace
from typing import TypeAlias

from qcn_lsp.backends.client import Connection
from qcn_lsp.backends.endpoints import ANSWER_SECONDS, Endpoints
from qcn_lsp.backends.error_body import OverflowReader
from qcn_lsp.backends.error_mapping import ErrorMapping
from qcn_lsp.backends.figures import Stopwatch
from qcn_lsp.backends.fim_prompt import PREFIX_TOKEN
from qcn_lsp.backends.readers import StreamReader
from qcn_lsp.backends.token_counts import TokenCounts
from qcn_lsp.config.settings import BackendSettings
from qcn_lsp.context.budget import most_tokens
from qcn_lsp.core.generation import (
    BackendInfo,
    Feature,
    GenerationEvent,
    GenerationRequest,
    InfillRequest,
    Inspection,
    Remark,
    TextDelta,
)

CHAT = "/v1/chat/completions"
COMPLETIONS = "/v1/completions"
MODELS = "/v1/models"

# Servers send a token a piece, or several; somebody in between may cut them, but hardly into more than letters.
_PIECES_A_TOKEN = 16
_END = object()
_EVENT_STREAM = "text/event-stream"
_INFILL = "fill in the middle of code; serve a model that can, such as Qwen3-Coder-Next"


@dataclass(frozen=True, slots=True)
class Call:
    """A request for a stream: where it goes, what is sent, and how many tokens may come."""

    path: str
    body: Mapping[str, object]
    max_tokens: int


Prepare: TypeAlias = Callable[[], Awaitable[Call]]


class ServerBackend(ABC):
    """A backend without what differs from server to server. See `Backend` for what the methods promise."""

    def __init__(
        self,
        settings: BackendSettings,
        connection: Connection,
        silence_limit_seconds: float,
        read_overflow: OverflowReader,
    ) -> None:
        self.name = settings.name
        self.mode = str(settings.mode)
        self._settings = settings
        self._connection = connection
        self._errors = ErrorMapping(settings, silence_limit_seconds, read_overflow)
        self._infill_errors = replace(self._errors, feature=_INFILL)
        self._endpoints = Endpoints(connection, ErrorMapping(settings, ANSWER_SECONDS, read_overflow))
        self._counts = TokenCounts(self._count)
        self._counts_itself = True
        self._info: BackendInfo | None = None

    async def probe(self) -> BackendInfo:
        """What the server says of itself; where the settings give a smaller context or fewer slots, those.

        Raises:
            BackendUnavailable: Nobody answers, the model is still loading, or the context is not to be found out.
            BackendTimeout: Somebody accepts the connection and says nothing.
            BadAnswer: Somebody answers who is no server of this kind.
            Unauthorized: The key was refused.
        """
        info = await self._look()
        if self._info is None or self._info.model != info.model:
            self._counts.forget()
        self._info = replace(info, features=await self._features())
        return self._info

    @abstractmethod
    async def inspect(self) -> Inspection:
        """See `Backend`."""

    async def count_tokens(self, text: str) -> int:
        """Tokens of a text by the server's own tokenizer, as they count inside a chat message; else an upper bound.

        Control tokens in the text count as the chat endpoint reads them: as one each.

        Raises:
            BackendError: As `probe`.
        """
        return await self._counts.count(text)

    @abstractmethod
    def generate(self, request: GenerationRequest) -> AsyncGenerator[GenerationEvent]:
        """See `Backend`."""

    @abstractmethod
    def infill(self, request: InfillRequest) -> AsyncGenerator[GenerationEvent]:
        """See `Backend`."""

    async def close(self) -> None:
        """Closes the connections; a generation that still runs ends with an error."""
        await self._connection.http.aclose()

    @abstractmethod
    async def _look(self) -> BackendInfo:
        """What the server says of itself, its features aside."""

    @abstractmethod
    async def _ask_count(self, text: str) -> int | None:
        """Tokens of a text, None if the server does not count."""

    async def _site_remarks(self) -> tuple[Remark, ...]:
        """A key keeps web pages out; without one it is the server's manners that do."""
        if self._settings.api_key_env or not await self._endpoints.admits_any_site():
            return ()
        return (
            Remark(
                "every web page that is open in a browser on this machine can use it",
                "start it with --api-key, and name the variable that holds the key in api_key_env",
            ),
        )

    async def _features(self) -> frozenset[Feature]:
        """Asked of the tokenizer, since generating to find out would cost a slot."""
        features = {Feature.ANSWER_FORMAT}
        can_fill = await self._counts.count(PREFIX_TOKEN) == 1
        if self._counts_itself:
            features.add(Feature.TOKENIZER)
            # A bound says nothing about the vocabulary.
            features |= {Feature.INFILL} if can_fill else set()
        return frozenset(features)

    async def _require_infill(self) -> BackendInfo:
        """What is known of the server.

        Raises:
            FeatureMissing: Its model cannot fill in the middle.
        """
        info = self._info or await self.probe()
        if Feature.INFILL not in info.features:
            raise self._infill_errors.missing()
        return info

    async def _count(self, text: str) -> int:
        asked = await self._ask_count(text)
        self._counts_itself = asked is not None
        return most_tokens(text) if asked is None else asked

    async def _stream(
        self, prepare: Prepare, reader: StreamReader, errors: ErrorMapping | None = None
    ) -> AsyncGenerator[GenerationEvent]:
        """Streams one generation; closing the generator, or cancelling its reader, closes the stream.

        Always streamed: servers notice that their client is gone only when they write to it.
        """
        errors = errors or self._errors
        with errors.boundary() as boundary:
            call = await prepare()
            watch = Stopwatch()
            pieces = 0
            async with await errors.in_time(self._connection.stream(call.path, call.body)) as stream:
                content_type = stream.response.headers.get("Content-Type", "")
                if not content_type.startswith(_EVENT_STREAM):
                    raise errors.wrong_type(content_type)
                while (chunk := await errors.in_time(anext(stream, _END))) is not _END:
                    boundary.answering = True
                    for event in reader.read(chunk):
                        if isinstance(event, TextDelta):
                            watch.saw_text()
                            pieces += 1
                        yield event
                    if pieces > _PIECES_A_TOKEN * call.max_tokens:
                        raise errors.bad_answer(
                            "writes more than it was asked for; use a version that obeys max_tokens"
                        )
            completed = reader.completed(watch.read())
        yield completed


def smaller(told: int | None, configured: int | None) -> int | None:
    """The smaller of what the server tells and what the settings allow; None if neither is known."""
    known = [figure for figure in (told, configured) if figure is not None]
    return min(known) if known else None
