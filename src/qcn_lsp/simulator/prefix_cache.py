"""Which part of a prompt a server with a hybrid model does not have to read again.

The model's state cannot be rolled back to any token, so each server keeps it at some places and resumes only there:

- llama.cpp at the start of each user message of a chat and near the end of the prompt;
- ik_llama.cpp at ends of batches and near the end of the prompt;
- vLLM at ends of blocks, from the third request on.
"""

from collections import OrderedDict, deque
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import takewhile
from typing import Protocol

from qcn_lsp.simulator import tokenizer
from qcn_lsp.simulator.asking import Kind
from qcn_lsp.simulator.chat import ChatMessage, render

KEPT_PROMPTS = 8
"""How many prompts the llama family keeps; a model of its `--cache-ram`, which is a size."""

CHECKPOINT_INTERVAL = 512
CHECKPOINT_TOLERANCE = 5
CHECKPOINT_MINIMUM = 64
"""ik_llama.cpp's defaults in tokens: between checkpoints, before the end of the prompt, and of the smallest one."""

BLOCK_TOKENS = 544
"""vLLM's block for this model with a BF16 cache."""

_SIGHTINGS_TO_ADMIT = 2
_KEPT_BLOCKS = 4096


@dataclass(frozen=True, slots=True)
class Prompt:
    """What the model reads.

    Args:
        kind: Which endpoint it comes from.
        pieces: The text, one piece a token.
        messages: Of a chat.
    """

    kind: Kind
    pieces: tuple[str, ...]
    messages: tuple[ChatMessage, ...] = ()

    @property
    def tokens(self) -> int:
        """Its length."""
        return len(self.pieces)

    @property
    def text(self) -> str:
        """The text itself."""
        return "".join(self.pieces)


class PrefixCache(Protocol):
    """What is remembered of earlier prompts."""

    def shared(self, prompt: Prompt) -> int:
        """How many leading tokens need not be read again."""
        ...

    def keep(self, prompt: Prompt, cached: int) -> None:
        """Remembers a prompt that was read to its end, `cached` tokens of it from here."""
        ...


class MessageCheckpoints:
    """llama.cpp's: whole messages of a chat, up to a user message or the end of the kept prompt. Nothing else."""

    def __init__(self, keep: int = KEPT_PROMPTS) -> None:
        self._kept: deque[tuple[ChatMessage, ...]] = deque(maxlen=keep)

    def shared(self, prompt: Prompt) -> int:
        """See `PrefixCache`."""
        messages = max((_resume_at(kept, prompt.messages) for kept in self._kept), default=0)
        return tokenizer.count(render(prompt.messages[:messages], generation_prompt=False))

    def keep(self, prompt: Prompt, cached: int) -> None:  # noqa: ARG002 - the protocol's
        """See `PrefixCache`."""
        if prompt.kind is not Kind.CHAT:
            return
        if prompt.messages in self._kept:
            self._kept.remove(prompt.messages)
        self._kept.append(prompt.messages)


def _resume_at(kept: Sequence[ChatMessage], messages: Sequence[ChatMessage]) -> int:
    best = 0
    for index, message in enumerate(messages):
        if index == len(kept):
            return index
        if message.role == "user" and kept[index].role == "user":
            best = index
        if message != kept[index]:
            return best
    return len(messages) if len(messages) == len(kept) else best


@dataclass(frozen=True, slots=True)
class _Checkpointed:
    pieces: tuple[str, ...]
    checkpoints: tuple[int, ...]


class BatchCheckpoints:
    """ik_llama.cpp's: ends of batches, at least `CHECKPOINT_INTERVAL` apart, and near the end. Never of `/infill`.

    Args:
        batch: Tokens of a batch.
        keep: How many prompts are remembered.
    """

    def __init__(self, batch: int, keep: int = KEPT_PROMPTS) -> None:
        self._batch = batch
        self._kept: deque[_Checkpointed] = deque(maxlen=keep)

    def shared(self, prompt: Prompt) -> int:
        """See `PrefixCache`."""
        return max(self._usable(prompt), default=0)

    def keep(self, prompt: Prompt, cached: int) -> None:
        """See `PrefixCache`."""
        if prompt.kind is Kind.INFILL:
            return
        inherited = {place for place in self._usable(prompt) if place <= cached}
        made = set(_batch_ends(cached, prompt.tokens, self._batch))
        for kept in [kept for kept in self._kept if kept.pieces == prompt.pieces]:
            self._kept.remove(kept)
        self._kept.append(_Checkpointed(prompt.pieces, tuple(sorted(inherited | made))))

    def _usable(self, prompt: Prompt) -> Iterator[int]:
        if prompt.kind is Kind.INFILL:
            return
        for kept in self._kept:
            common = _common(kept.pieces, prompt.pieces)
            yield from (place for place in kept.checkpoints if place <= common)


def _batch_ends(start: int, end: int, batch: int) -> Iterator[int]:
    last, near_end = start, end - CHECKPOINT_TOLERANCE
    for place in range(start + batch, near_end, batch):
        if place - last >= CHECKPOINT_INTERVAL:
            last = place
            yield place
    if near_end >= CHECKPOINT_MINIMUM:
        yield near_end


def _common(one: Sequence[str], other: Sequence[str]) -> int:
    return sum(1 for _ in takewhile(lambda pair: pair[0] == pair[1], zip(one, other, strict=False)))


class Blocks:
    """vLLM's: whole blocks that were seen at least twice, and never the whole prompt."""

    def __init__(self, keep: int = _KEPT_BLOCKS) -> None:
        self._sightings: OrderedDict[int, int] = OrderedDict()
        self._keep = keep

    def shared(self, prompt: Prompt) -> int:
        """See `PrefixCache`."""
        admitted = takewhile(lambda key: self._sightings.get(key, 0) >= _SIGHTINGS_TO_ADMIT, _block_keys(prompt))
        return min(sum(1 for _ in admitted), (prompt.tokens - 1) // BLOCK_TOKENS) * BLOCK_TOKENS

    def keep(self, prompt: Prompt, cached: int) -> None:  # noqa: ARG002 - the protocol's
        """See `PrefixCache`."""
        for key in _block_keys(prompt):
            self._sightings[key] = self._sightings.pop(key, 0) + 1
        while len(self._sightings) > self._keep:
            self._sightings.popitem(last=False)


def _block_keys(prompt: Prompt) -> Iterator[int]:
    """A key for each whole block that stands for all of the text up to its end."""
    key = 0
    for end in range(BLOCK_TOKENS, prompt.tokens + 1, BLOCK_TOKENS):
        key = hash((key, prompt.pieces[end - BLOCK_TOKENS : end]))
        yield key
