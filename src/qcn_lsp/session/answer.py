"""One generation as a review reads it: its text in pieces, its progress and its cost."""

import time
from collections.abc import AsyncGenerator
from contextlib import aclosing
from dataclasses import replace

from qcn_lsp.core.generation import Completed, GenerationRequest, PromptProgress, TextDelta, Usage
from qcn_lsp.errors import BadAnswer
from qcn_lsp.session.router import Ready
from qcn_lsp.session.watch import Progress, Watch

# A server that ignores max_tokens must not fill our memory: the longest answer the grammar allows has 2,000 characters.
_MOST_CHARACTERS = 20_000


class Answer:
    """One generation.

    Args:
        begun: What its progress begins with.
        watch: Told how far it is.
    """

    def __init__(self, begun: Progress, watch: Watch) -> None:
        self.begun = begun
        self._watch = watch
        self.finish_reason = ""
        self.usage = Usage()
        self.text = ""

    async def stream(self, ready: Ready, request: GenerationRequest) -> AsyncGenerator[str]:
        """The pieces of the answer's text; closing it frees the server's slot."""
        started = time.monotonic()
        first_token = None
        progress = self.begun
        async with aclosing(ready.backend.generate(request)) as events:
            async for event in events:
                now = time.monotonic()
                match event:
                    case PromptProgress(processed, cached, total):
                        progress = replace(progress, prompt_done=processed, prompt_cached=cached, prompt_total=total)
                    case TextDelta(text):
                        first_token = first_token or now
                        progress = replace(
                            progress, generated=progress.generated + 1, writing_seconds=now - first_token
                        )
                        self.text += text
                        yield text
                    case Completed(reason, usage):
                        self.finish_reason, self.usage = reason, usage
                if len(self.text) > _MOST_CHARACTERS:
                    raise BadAnswer(ready.name, "the answer does not end: check that the server applies max_tokens")
                self._watch.progress(replace(progress, seconds=now - started))
