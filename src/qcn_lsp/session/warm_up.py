"""Has servers read in advance what the next question will begin with, while nobody waits for them.

Somebody who types in a function will save it: by then the rules, the project and the file are in the server's cache,
and only the function itself is left to read.
"""

import asyncio
from collections import deque
from collections.abc import Sequence
from contextlib import aclosing

from qcn_lsp.config.settings import Mode
from qcn_lsp.context.budget import Budget
from qcn_lsp.core.generation import Completed, GenerationRequest, Message
from qcn_lsp.errors import BackendError, Dropped
from qcn_lsp.prompting.answer_format import REVIEW_ANSWER
from qcn_lsp.scheduling.queue import Priority
from qcn_lsp.session.engine import Engine
from qcn_lsp.session.packing import Packer
from qcn_lsp.session.router import Ready
from qcn_lsp.session.snapshot import Snapshot

# llama.cpp keeps about so many prompts.
_KEPT = 8
_ANSWER_TOKENS = 1


class WarmUp:
    """Remembers what was read, so that it is asked for once.

    Args:
        engine: The backends.
    """

    def __init__(self, engine: Engine) -> None:
        self._engine = engine
        self._read: deque[tuple[str, tuple[Message, ...]]] = deque(maxlen=_KEPT)

    async def run(self, snapshot: Snapshot) -> None:
        """Warms up who reviews a file, and who gives the first opinion, unless they have read its beginning before."""
        routing = self._engine.settings.routing
        await asyncio.gather(*(self._warm(snapshot, modes) for modes in (routing.review, routing.preview) if modes))

    def forget(self) -> None:
        """A server was started anew, and what it had read is gone."""
        self._read.clear()

    async def _warm(self, snapshot: Snapshot, modes: Sequence[Mode]) -> None:
        """A failure is not told: nobody waits for this, and the review that follows will tell."""
        ready = (await self._engine.router.first_ready(modes)).ready
        if ready is None:
            return
        project = await self._engine.project_facts(snapshot.document.root)
        packer = Packer(snapshot, project, ready.backend.count_tokens, Budget(ready.info.ctx, _ANSWER_TOKENS))
        prefix = packer.prefix()
        if (ready.name, prefix) in self._read:
            return
        self._read.append((ready.name, prefix))
        try:
            if await packer.fits(prefix):
                await self._engine.in_turn(ready, Priority.WARM_UP, lambda ready: self._ask(ready, prefix), "warm-up")
        except (BackendError, Dropped):
            if (ready.name, prefix) in self._read:
                self._read.remove((ready.name, prefix))

    async def _ask(self, ready: Ready, prefix: tuple[Message, ...]) -> None:
        """Asks, and once more if nothing of it was known: vLLM keeps what it has seen twice; others answer at once."""
        request = GenerationRequest(prefix, _ANSWER_TOKENS, answer_format=REVIEW_ANSWER)
        for _ in range(2):
            async with aclosing(ready.backend.generate(request)) as events:
                async for event in events:
                    if isinstance(event, Completed):
                        self._engine.note(ready, event.usage)
                        if event.usage.cached_tokens:
                            return
