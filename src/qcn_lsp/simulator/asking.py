"""Reads requests for a generation. Each dialect words by itself what is wrong with one."""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import Enum, auto

from pydantic import BaseModel, ConfigDict, ValidationError

from qcn_lsp.simulator.chat import ChatMessage
from qcn_lsp.simulator.fim import Excerpt


class Kind(Enum):
    """What is asked for, and in whose format."""

    CHAT = auto()  # chat completion, OpenAI's
    TEXT = auto()  # completion of a raw prompt, OpenAI's
    NATIVE = auto()  # completion of a raw prompt, llama.cpp's own
    INFILL = auto()  # filling in the middle, llama.cpp's own


@dataclass(frozen=True, slots=True)
class Asked:
    """What of a request matters here; the rest is accepted and ignored, as the real servers do.

    Args:
        kind: Which endpoint it came to.
        model: The model's name, if the request has one.
        messages: Of a chat, in order.
        prompt: A raw prompt, or what was typed last before the cursor.
        prefix: Text before the cursor.
        suffix: Text after it, None if the request has none.
        excerpts: Of other files.
        max_tokens: Upper limit of the answer, None for none.
        stop: Texts that end the answer.
        stream: Whether the answer is an event stream.
        usage: Whether the stream ends with an event of figures.
        progress: Whether reading the prompt is reported, where the server can.
    """

    kind: Kind
    model: str | None
    messages: tuple[ChatMessage, ...]
    prompt: str
    prefix: str
    suffix: str | None
    excerpts: tuple[Excerpt, ...]
    max_tokens: int | None
    stop: tuple[str, ...]
    stream: bool
    usage: bool
    progress: bool


class Unreadable(Exception):
    """A body that is no request.

    Args:
        where: The field, empty for the body as a whole.
        what: pydantic's name for what is wrong: `missing`, `json_invalid`, …
        message: pydantic's sentence.
        fields: How many fields the body has.
    """

    def __init__(self, where: str, what: str, message: str, fields: int = 0) -> None:
        super().__init__(message)
        self.where = where
        self.what = what
        self.message = message
        self.fields = fields


class _Part(BaseModel):
    text: str = ""


class _Message(BaseModel):
    role: str
    content: str | list[_Part] | None = None

    def flat(self) -> ChatMessage:
        if isinstance(self.content, list):
            return ChatMessage(self.role, "".join(part.text for part in self.content))
        return ChatMessage(self.role, self.content or "")


class _Excerpt(BaseModel):
    filename: str = "tmp"
    text: str = ""


class _StreamOptions(BaseModel):
    include_usage: bool = False


class _Body(BaseModel):
    model_config = ConfigDict(strict=True)

    model: str | None = None
    messages: list[_Message] = []
    prompt: str = ""
    input_prefix: str = ""
    input_suffix: str = ""
    suffix: str | None = None
    input_extra: list[_Excerpt] = []
    max_tokens: int | None = None
    max_completion_tokens: int | None = None
    n_predict: int | None = None
    temperature: float | None = None
    stop: str | list[str] | None = None
    stream: bool = False
    stream_options: _StreamOptions | None = None
    return_progress: bool = False

    def limit(self) -> int | None:
        limits = (self.max_tokens, self.max_completion_tokens, self.n_predict)
        figure = next((figure for figure in limits if figure is not None and figure >= 0), None)
        # The real servers answer one token where none is asked for.
        return None if figure is None else max(figure, 1)

    def asked(self, kind: Kind) -> Asked:
        stop = [self.stop] if isinstance(self.stop, str) else self.stop or []
        return Asked(
            kind=kind,
            model=self.model,
            messages=tuple(message.flat() for message in self.messages),
            prompt=self.prompt,
            prefix=self.input_prefix,
            suffix=self.input_suffix if kind is Kind.INFILL else self.suffix,
            excerpts=tuple(Excerpt(extra.filename, extra.text) for extra in self.input_extra),
            max_tokens=self.limit(),
            stop=tuple(text for text in stop if text),
            stream=self.stream,
            usage=bool(self.stream_options and self.stream_options.include_usage),
            progress=self.return_progress,
        )


class _Object(BaseModel):
    """Any JSON object, to tell which fields it has."""

    model_config = ConfigDict(extra="allow")


def read(kind: Kind, text: bytes, required: tuple[str, ...]) -> Asked:
    """Reads the body of a request.

    Args:
        kind: Which endpoint it came to.
        text: The body.
        required: Fields that must be in it.

    Raises:
        Unreadable: It is no JSON, or not such a request.
    """
    fields = json_object(text)
    for name in required:
        if name not in fields:
            raise Unreadable(name, "missing", "Field required", len(fields))
    try:
        return _Body.model_validate_json(text).asked(kind)
    except ValidationError as error:
        raise _unreadable(error) from None


def json_object(text: bytes) -> Mapping[str, object]:
    """The fields of a JSON object.

    Raises:
        Unreadable: It is none.
    """
    try:
        return _Object.model_validate_json(text or b"").model_extra or {}
    except ValidationError as error:
        raise _unreadable(error) from None


def _unreadable(error: ValidationError) -> Unreadable:
    first = error.errors(include_url=False, include_input=False)[0]
    return Unreadable(str(first["loc"][0]) if first["loc"] else "", first["type"], first["msg"])
