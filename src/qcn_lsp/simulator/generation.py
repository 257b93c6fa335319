"""One generation: reads the prompt batch by batch, then writes the answer token by token, at the published speed."""

import time
from collections.abc import AsyncIterator
from dataclasses import dataclass

from qcn_lsp.simulator.options import Options
from qcn_lsp.simulator.pace import Pace
from qcn_lsp.simulator.slots import Slot


@dataclass(frozen=True, slots=True)
class Work:
    """What has to be done.

    Args:
        prompt_tokens: Of the whole prompt.
        cached_tokens: Of them, those that need not be read again.
        pieces: The answer, one piece a token.
        limit: The most tokens that may be generated.
        stopping_word: The text of the request that ended the answer, empty for none.
    """

    prompt_tokens: int
    cached_tokens: int
    pieces: tuple[str, ...]
    limit: int
    stopping_word: str = ""

    @property
    def completion_tokens(self) -> int:
        """Tokens of the answer; a whole one ends with a token that is not shown."""
        return min(len(self.pieces) + 1, self.limit)

    @property
    def finish_reason(self) -> str:
        """`stop` for a whole answer, `length` for a cut one."""
        return "stop" if len(self.pieces) < self.limit else "length"


class Generation:
    """The course of one generation in one slot, with its costs in simulated seconds.

    Args:
        work: What has to be done.
        options: The server's.
        slot: Where it is done; it shows how far this is.
        speed: How many times faster than published.
    """

    def __init__(self, work: Work, options: Options, slot: Slot, speed: float) -> None:
        self.work = work
        self.ctx = options.ctx
        self.slot_number = slot.number
        self.started = time.time()
        self.processed = 0
        """Tokens of the prompt that were read so far, without the cached ones."""
        self.decoded = 0
        """Tokens of the answer so far."""
        self.prompt_seconds = 0.0
        self._published = options.published
        self._batch = options.batch
        self._slot = slot
        self._pace = Pace(speed)
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
    def finish_reason(self) -> str | None:
        """Why the answer ended, None while it goes on."""
        return self.work.finish_reason if self.decoded == self.work.completion_tokens else None

    async def read_prompt(self) -> AsyncIterator[int]:
        """Yields how many tokens of the prompt are done: at first those that were cached, then after each batch."""
        unread = self.work.prompt_tokens - self.work.cached_tokens
        yield self.work.cached_tokens
        while self.processed < unread:
            before = self._published.prompt_seconds(self.processed)
            after = min(self.processed + self._batch, unread)
            await self._pace.spend(self._published.prompt_seconds(after) - before)
            self.prompt_seconds = self.seconds
            self.processed = self._slot.processed = after
            yield self.work.cached_tokens + after

    async def write_answer(self) -> AsyncIterator[str]:
        """Yields the text of each token, an empty one for the token that ends the answer."""
        for index in range(self.work.completion_tokens):
            before, after = (self._published.generation_seconds(tokens) for tokens in (index, index + 1))
            await self._pace.spend(after - before)
            self.decoded = self._slot.decoded = index + 1
            self._slot.remaining = self.work.limit - index - 1
            yield self.work.pieces[index] if index < len(self.work.pieces) else ""
