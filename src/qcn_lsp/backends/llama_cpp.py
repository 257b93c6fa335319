"""llama.cpp's server: everything that only it does is in this file.

It speaks OpenAI's chat protocol with additions (`grammar`, `return_progress`, `cache_prompt`, `timings`), and its own
endpoints for what OpenAI's has no word for (`/health`, `/props`, `/slots`, `/tokenize`).
"""

import re
from collections import OrderedDict
from collections.abc import AsyncGenerator
from hashlib import blake2b
from http import HTTPStatus
from typing import Annotated, TypeVar, cast

import httpx2
from openai import AsyncStream
from openai.types.chat import ChatCompletionChunk, ChatCompletionMessageParam
from pydantic import BaseModel, ConfigDict, Field, TypeAdapter

from qcn_lsp.backends.chat_stream import ChatReader
from qcn_lsp.backends.client import CONNECT_SECONDS, Connection, connect
from qcn_lsp.backends.error_mapping import ErrorBody, ErrorMapping
from qcn_lsp.config.settings import BackendSettings
from qcn_lsp.core.generation import Backend, BackendInfo, GenerationEvent, GenerationRequest
from qcn_lsp.errors import BackendUnavailable

PROBE_SECONDS = 5.0
"""The endpoints asked by `probe` and `count_tokens` do not wait for a slot."""

_COUNTS_KEPT = 2048
_OVERFLOW = "exceed_context_size_error"
# Any name will do for a server with one model; a router of several needs the one from the settings.
_ANY_MODEL = "default"

Tokens = Annotated[int, Field(gt=0)]
Answer = TypeVar("Answer")


class _Shape(BaseModel):
    model_config = ConfigDict(frozen=True)


class _SlotSettings(_Shape):
    n_ctx: Tokens | None = None


class _Props(_Shape):
    default_generation_settings: _SlotSettings = _SlotSettings()
    total_slots: Tokens | None = None
    model_alias: str = ""


class _Slot(_Shape):
    n_ctx: Tokens | None = None


class _ModelMeta(_Shape):
    n_ctx: Tokens | None = None


class _Model(_Shape):
    id: str = ""
    meta: _ModelMeta | None = None


class _Models(_Shape):
    data: tuple[_Model, ...] = ()


class _TokenList(_Shape):
    tokens: tuple[int, ...]


_PROPS = TypeAdapter(_Props)
_SLOTS = TypeAdapter(tuple[_Slot, ...])
_MODELS = TypeAdapter(_Models)
_TOKENS = TypeAdapter(_TokenList)
_ANYTHING: TypeAdapter[object] = TypeAdapter(object)


def open_backend(settings: BackendSettings, silence_limit_seconds: float) -> Backend:
    """A backend for one llama.cpp server.

    Raises:
        Unauthorized: The key in the environment cannot be sent.
    """
    return LlamaCppBackend(settings, connect(settings, silence_limit_seconds), silence_limit_seconds)


class LlamaCppBackend:
    """One llama.cpp server. See `Backend` for what the methods promise."""

    def __init__(self, settings: BackendSettings, connection: Connection, silence_limit_seconds: float) -> None:
        self.name = settings.name
        self.mode = str(settings.mode)
        self._settings = settings
        self._connection = connection
        self._errors = ErrorMapping(settings, silence_limit_seconds, _is_overflow)
        self._probe_errors = ErrorMapping(settings, PROBE_SECONDS, _is_overflow)
        self._counts: OrderedDict[bytes, int] = OrderedDict()

    async def probe(self) -> BackendInfo:
        """What the server says of itself; where the settings give a smaller context or fewer slots, those.

        Raises:
            BackendUnavailable: Nobody answers, the model is still loading, or the context is not to be found out.
            BackendTimeout: Somebody accepts the connection and says nothing.
            BadAnswer: Somebody answers who is no llama.cpp server.
            Unauthorized: The key was refused.
        """
        await self._ask("GET", "/health", _ANYTHING)
        props = await self._ask("GET", "/props", _PROPS) or _Props()
        ctx, slots, model = props.default_generation_settings.n_ctx, props.total_slots, props.model_alias
        if ctx is None or not model:
            models = await self._ask("GET", "/v1/models", _MODELS)
            first = models.data[0] if models and models.data else _Model()
            ctx, model = ctx or (first.meta.n_ctx if first.meta else None), model or first.id
        if ctx is None or slots is None:
            listed = await self._ask("GET", "/slots", _SLOTS) or ()
            ctx, slots = ctx or (listed[0].n_ctx if listed else None), slots or len(listed) or None
        ctx, slots = _smaller(ctx, self._settings.ctx), _smaller(slots, self._settings.slots)
        if ctx is None:
            raise BackendUnavailable(self.name, "does not say how long its context is; set ctx for this backend")
        # The alias is the model file's path unless the server was given one.
        return BackendInfo(ctx=ctx, slots=slots or 1, model=self._settings.model or re.split(r"[/\\]", model)[-1])

    async def count_tokens(self, text: str) -> int:
        """Tokens of a text by the server's own tokenizer, as they count inside a chat message.

        Control tokens in the text count as the chat endpoint reads them: as one each.

        Raises:
            BackendError: As `probe`.
        """
        digest = blake2b(text.encode("utf-8", "surrogatepass"), digest_size=16).digest()
        if digest not in self._counts:
            body = {"content": text, "add_special": False, "parse_special": True}
            answer = await self._ask("POST", "/tokenize", _TOKENS, body)
            if answer is None:
                raise self._probe_errors.status(HTTPStatus.NOT_FOUND, None)
            self._counts[digest] = len(answer.tokens)
        self._counts.move_to_end(digest)
        while len(self._counts) > _COUNTS_KEPT:
            self._counts.popitem(last=False)
        return self._counts[digest]

    async def generate(self, request: GenerationRequest) -> AsyncGenerator[GenerationEvent]:
        """Streams one generation; closing the generator, or cancelling its reader, closes the stream.

        Always streamed: a llama.cpp server notices that its client is gone only when it writes to it.
        """
        reader = ChatReader()
        with self._errors.boundary() as boundary:
            async with await self._start(request) as stream:
                content_type = stream.response.headers.get("Content-Type", "")
                if not content_type.startswith("text/event-stream"):
                    raise self._errors.wrong_type(content_type)
                async for chunk in stream:
                    boundary.answering = True
                    for event in reader.read(chunk):
                        yield event
            completed = reader.completed()
        yield completed

    async def close(self) -> None:
        """Closes the connections; a generation that still runs ends with an error."""
        await self._connection.http.aclose()

    async def _start(self, request: GenerationRequest) -> AsyncStream[ChatCompletionChunk]:
        sampling = request.sampling
        messages = [{"role": message.role, "content": message.content} for message in request.messages]
        return await self._connection.chat.chat.completions.create(
            model=self._settings.model or _ANY_MODEL,
            messages=cast("list[ChatCompletionMessageParam]", messages),
            max_tokens=request.max_tokens,
            temperature=sampling.temperature,
            top_p=sampling.top_p,
            seed=sampling.seed,
            stream=True,
            stream_options={"include_usage": True},
            extra_body=_extra_body(request),
        )

    async def _ask(
        self, method: str, path: str, shape: TypeAdapter[Answer], body: dict[str, object] | None = None
    ) -> Answer | None:
        """One of the server's own endpoints; None if this build, or its command line, does not offer it."""
        timeout = httpx2.Timeout(PROBE_SECONDS, connect=CONNECT_SECONDS)
        with self._probe_errors.boundary():
            answer = await self._connection.http.request(
                method, self._connection.root + path, json=body, timeout=timeout
            )
            if answer.status_code in {HTTPStatus.NOT_FOUND, HTTPStatus.NOT_IMPLEMENTED}:
                return None
            if not answer.is_success:
                raise self._probe_errors.status(answer.status_code, _decoded(answer))
            content_type = answer.headers.get("Content-Type", "")
            if not content_type.startswith("application/json"):
                raise self._probe_errors.wrong_type(content_type)
            return shape.validate_json(answer.content)


def _extra_body(request: GenerationRequest) -> dict[str, object]:
    """What openai's client has no argument for.

    Sampling is spelled out in full since llama.cpp's defaults differ from the model card's: its `min_p` is 0.05. A
    grammar goes alone: together with `response_format`, llama.cpp ignores it without a word.
    """
    extra: dict[str, object] = {
        "top_k": request.sampling.top_k,
        "min_p": 0.0,
        "repeat_penalty": 1.0,
        "cache_prompt": True,
        "return_progress": True,
    }
    if request.answer_format:
        extra["grammar"] = request.answer_format.grammar
    return extra


def _is_overflow(error: ErrorBody) -> bool:
    return error.type == _OVERFLOW


def _smaller(told: int | None, configured: int | None) -> int | None:
    known = [figure for figure in (told, configured) if figure is not None]
    return min(known) if known else None


def _decoded(answer: httpx2.Response) -> object:
    try:
        return cast("object", answer.json())
    except ValueError:
        return None
