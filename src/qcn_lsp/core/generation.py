"""What is asked of a model server and what comes back, independent of whose server it is."""

from collections.abc import AsyncGenerator
from dataclasses import dataclass
from enum import StrEnum
from typing import Literal, Protocol


@dataclass(frozen=True, slots=True)
class Message:
    """One chat message. One level of volatility per message: servers reuse whole messages only."""

    role: Literal["system", "user", "assistant"]
    content: str


@dataclass(frozen=True, slots=True)
class Sampling:
    """Always sent: servers' own defaults differ. These are the Qwen3-Coder-Next model card's."""

    temperature: float = 1.0
    top_p: float = 0.95
    top_k: int = 40
    seed: int | None = None


@dataclass(frozen=True, slots=True)
class AnswerFormat:
    """The same constraint in two syntaxes; a backend sends the one its server reads best.

    Args:
        name: A short identifier.
        json_schema: JSON text of a schema.
        grammar: The same in GBNF, without optional white space, so that no token is spent on it.
    """

    name: str
    json_schema: str
    grammar: str


@dataclass(frozen=True, slots=True)
class GenerationRequest:
    """One generation.

    Args:
        messages: From the most stable to the most volatile.
        max_tokens: Upper limit of the answer, always given.
        sampling: How to choose tokens.
        answer_format: What the answer must look like, None for free text.
    """

    messages: tuple[Message, ...]
    max_tokens: int
    sampling: Sampling = Sampling()
    answer_format: AnswerFormat | None = None


@dataclass(frozen=True, slots=True)
class Excerpt:
    """Text of another file that helps to complete this one."""

    path: str
    text: str


@dataclass(frozen=True, slots=True)
class InfillRequest:
    """One fill-in-the-middle generation: what stands between `prefix` and `suffix`.

    Args:
        prefix: Text before the cursor.
        suffix: Text after it.
        max_tokens: Upper limit of the answer, always given.
        excerpts: From other files, the least relevant first: the nearer to the cursor, the more a model heeds it.
        sampling: How to choose tokens.
        stop: Texts that end the answer; they are not part of it.
    """

    prefix: str
    suffix: str
    max_tokens: int
    excerpts: tuple[Excerpt, ...] = ()
    sampling: Sampling = Sampling()
    stop: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class PromptProgress:
    """How much of the prompt has been read: tokens, of which `cached` cost nothing."""

    processed: int
    cached: int
    total: int


@dataclass(frozen=True, slots=True)
class TextDelta:
    """The next piece of the answer."""

    text: str


@dataclass(frozen=True, slots=True)
class Usage:
    """What a generation cost, by the server's own figures: tokens and seconds.

    Seconds that a server does not tell are measured here. `cached_tokens` are those of the prompt that it had computed
    before, None where it does not say.
    """

    prompt_tokens: int = 0
    cached_tokens: int | None = None
    completion_tokens: int = 0
    prompt_seconds: float = 0.0
    completion_seconds: float = 0.0

    @property
    def read_tokens(self) -> int:
        """Those of the prompt that had to be read."""
        return self.prompt_tokens - (self.cached_tokens or 0)

    def __add__(self, other: "Usage") -> "Usage":
        """What both cost together; what is not known of a cache counts as nothing."""
        return self._plus(other, 1)

    def __sub__(self, other: "Usage") -> "Usage":
        """What was spent since an earlier sum."""
        return self._plus(other, -1)

    def _plus(self, other: "Usage", times: int) -> "Usage":
        return Usage(
            self.prompt_tokens + times * other.prompt_tokens,
            (self.cached_tokens or 0) + times * (other.cached_tokens or 0),
            self.completion_tokens + times * other.completion_tokens,
            self.prompt_seconds + times * other.prompt_seconds,
            self.completion_seconds + times * other.completion_seconds,
        )


@dataclass(frozen=True, slots=True)
class Completed:
    """The last event of a generation.

    `finish_reason` is `stop` for a whole answer, `length` for one cut at `max_tokens`.
    """

    finish_reason: str
    usage: Usage


GenerationEvent = PromptProgress | TextDelta | Completed


class Feature(StrEnum):
    """What not every server can do."""

    INFILL = "infill"  # fill in the middle of a text
    ANSWER_FORMAT = "answer format"  # hold an answer to a grammar or a schema
    TOKENIZER = "tokenizer"  # count tokens as its model does


@dataclass(frozen=True, slots=True)
class BackendInfo:
    """What a running server says of itself.

    Args:
        ctx: Context of one request in tokens.
        slots: Requests it serves at once.
        model: The model's name.
        features: What it can do.
    """

    ctx: int
    slots: int
    model: str
    features: frozenset[Feature] = frozenset(Feature)


@dataclass(frozen=True, slots=True)
class Remark:
    """What could be better about a server: `text` says what is so, `remedy` what to do, with the flag's name."""

    text: str
    remedy: str


@dataclass(frozen=True, slots=True)
class Inspection:
    """A closer look at a server, for diagnosis.

    Args:
        info: What it can do.
        version: Its build, empty if it does not say.
        busy: Requests it works on now, None if it does not say.
        remarks: What could be better about how it was started.
    """

    info: BackendInfo
    version: str = ""
    busy: int | None = None
    remarks: tuple[Remark, ...] = ()


class Backend(Protocol):
    """A running model server. Fakes and real ones pass the same contract suite."""

    name: str
    mode: str

    async def probe(self) -> BackendInfo:
        """What the server says of itself.

        Raises:
            BackendUnavailable: Nobody answers, or the model is still loading.
            Unauthorized: The key was refused.
        """
        ...

    async def inspect(self) -> Inspection:
        """A closer look, without a generation.

        Raises:
            BackendError: As `probe`.
        """
        ...

    async def count_tokens(self, text: str) -> int:
        """Tokens of a text by the server's own tokenizer; an upper bound where it has none to ask."""
        ...

    def generate(self, request: GenerationRequest) -> AsyncGenerator[GenerationEvent]:
        """Streams one generation; closing the generator frees the server's slot.

        Raises:
            BackendUnavailable: Nobody answers, or the model is still loading.
            BackendTimeout: The server went silent.
            ContextOverflow: Prompt and answer do not fit.
            BadAnswer: The stream broke off or is not what the protocol says.
            Unauthorized: The key was refused.
        """
        ...

    def infill(self, request: InfillRequest) -> AsyncGenerator[GenerationEvent]:
        """Streams what stands between two texts; closing the generator frees the server's slot.

        Raises:
            FeatureMissing: The server, or its model, cannot fill in the middle.
            BackendError: As `generate`.
        """
        ...

    async def close(self) -> None:
        """Releases connections; pending generations are aborted."""
        ...
