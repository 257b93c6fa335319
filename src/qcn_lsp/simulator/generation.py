"""One generation: reads the prompt batch by batch, then writes the answer token by token, at the profile's speed."""

from collections.abc import AsyncIterator
from dataclasses import dataclass

from qcn_lsp.simulator.pace import Pace
from qcn_lsp.simulator.profiles import Profile
from qcn_lsp.simulator.slots import Slot

BATCH_TOKENS = 512
"""llama.cpp's `-b 512`: progress is told, and a client that left is noticed, only between batches."""


@dataclass(frozen=True, slots=True)
class Work:
    """What has to be done.

    Args:
        prompt_tokens: Of the whole prompt.
        cached_tokens: Of them, those that need not be read again.
        pieces: The answer, one piece a token.
        limit: The most tokens that may be generated.
    """

    prompt_tokens: int
    cached_tokens: int
    pieces: tuple[str, ...]
    limit: int

    @property
    def completion_tokens(self) -> int:
        """Tokens of the answer; a whole one ends with a token that is not shown."""
        return min(len(self.pieces) + 1, self.limit)

    @property
    def finish_reason(self) -> str:
        """`stop` for a whole answer, `length` for a cut one."""
        return "stop" if len(self.pieces) < self.limit else "length"


class Generation:
    """The course of one generation in one slot, with its costs in simulated seconds."""

    def __init__(self, work: Work, profile: Profile, slot: Slot, speed: float) -> None:
        self.work = work
        self._profile = profile
        self._slot = slot
        self._pace = Pace(speed)
        self.prompt_seconds = 0.0
        slot.prompt_tokens, slot.cached, slot.remaining = work.prompt_tokens, work.cached_tokens, work.limit

    @property
    def completion_seconds(self) -> float:
        """Spent on the answer so far."""
        return self.seconds - self.prompt_seconds

    @property
    def seconds(self) -> float:
        """Spent so far, at the published speed."""
        return self._pace.spent

    @property
    def decoded(self) -> int:
        """Tokens of the answer so far."""
        return self._slot.decoded

    async def read_prompt(self) -> AsyncIterator[int]:
        """Yields how many tokens of the prompt are done: at first those that were cached, then after each batch."""
        done = self.work.cached_tokens
        yield done
        while done < self.work.prompt_tokens:
            before = self._profile.prompt_seconds(done - self.work.cached_tokens)
            done = min(done + BATCH_TOKENS, self.work.prompt_tokens)
            await self._pace.spend(self._profile.prompt_seconds(done - self.work.cached_tokens) - before)
            self.prompt_seconds = self.seconds
            self._slot.processed = done - self.work.cached_tokens
            yield done

    async def write_answer(self) -> AsyncIterator[str]:
        """Yields the text of each token, an empty one for the token that ends the answer."""
        for index in range(self.work.completion_tokens):
            before, after = (self._profile.generation_seconds(tokens) for tokens in (index, index + 1))
            await self._pace.spend(after - before)
            self._slot.decoded, self._slot.remaining = index + 1, self.work.limit - index - 1
            yield self.work.pieces[index] if index < len(self.work.pieces) else ""
