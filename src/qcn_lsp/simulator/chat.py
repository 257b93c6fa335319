"""Chat requests as llama.cpp reads them, and the text its template makes of the messages."""

from collections.abc import Sequence
from dataclasses import dataclass

from pydantic import BaseModel, ConfigDict, ValidationError


@dataclass(frozen=True, slots=True)
class ChatMessage:
    """One message, its content flattened to text."""

    role: str
    content: str


@dataclass(frozen=True, slots=True)
class ChatRequest:
    """What of a request matters here; the rest is accepted and ignored, as the real server does.

    Args:
        messages: In order.
        max_tokens: Upper limit of the answer, None for none.
        stream: Whether the answer is an event stream.
        usage: Whether the stream ends with an event of figures.
        progress: Whether reading the prompt is reported.
    """

    messages: tuple[ChatMessage, ...]
    max_tokens: int | None
    stream: bool
    usage: bool
    progress: bool


class BadRequest(Exception):
    """A request that llama.cpp refuses with status 400; the text is its `message`."""


class _Part(BaseModel):
    text: str = ""


class _Message(BaseModel):
    role: str
    content: str | list[_Part] | None = None

    def flat(self) -> ChatMessage:
        if isinstance(self.content, list):
            return ChatMessage(self.role, "".join(part.text for part in self.content))
        return ChatMessage(self.role, self.content or "")


class _StreamOptions(BaseModel):
    include_usage: bool = False


class _Body(BaseModel):
    model_config = ConfigDict(strict=True)

    messages: list[_Message]
    max_tokens: int | None = None
    max_completion_tokens: int | None = None
    n_predict: int | None = None
    temperature: float | None = None
    stream: bool = False
    stream_options: _StreamOptions | None = None
    return_progress: bool = False


def parse_request(text: bytes) -> ChatRequest:
    """Reads the body of a chat request.

    Raises:
        BadRequest: It is no JSON, or not a chat request.
    """
    try:
        body = _Body.model_validate_json(text)
    except ValidationError as error:
        raise BadRequest(_refusal(error)) from None
    limits = (body.max_tokens, body.max_completion_tokens, body.n_predict)
    limit = next((figure for figure in limits if figure is not None and figure >= 0), None)
    return ChatRequest(
        messages=tuple(message.flat() for message in body.messages),
        # The real server answers one token where none is asked for.
        max_tokens=None if limit is None else max(limit, 1),
        stream=body.stream,
        usage=bool(body.stream_options and body.stream_options.include_usage),
        progress=body.return_progress,
    )


def render(messages: Sequence[ChatMessage], *, generation_prompt: bool = True) -> str:
    """The prompt text of messages, by the template of Qwen3-Coder without tools."""
    text = "".join(f"<|im_start|>{message.role}\n{message.content}<|im_end|>\n" for message in messages)
    return text + "<|im_start|>assistant\n" if generation_prompt else text


def _refusal(error: ValidationError) -> str:
    first = error.errors(include_url=False, include_input=False)[0]
    where, kind = first["loc"], first["type"]
    if kind == "json_invalid":
        return "[json.exception.parse_error.101] parse error: " + first["msg"]
    if where == ("messages",):
        return "'messages' is required" if kind == "missing" else "Expected 'messages' to be an array"
    return f"Field '{where[0] if where else 'body'}': [json.exception.type_error.302] {first['msg']}"
