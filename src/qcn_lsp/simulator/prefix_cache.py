"""Which part of a prompt a server with a hybrid model does not have to read again.

The model's state cannot be rolled back to any token, so llama.cpp keeps checkpoints and resumes only from one of them:
at the start of each user message, and near the end of the prompt. A prompt therefore reuses the longest run of whole
messages that it shares with a kept one and that ends where a user message starts, or where that kept prompt ended.
"""

from collections import deque
from collections.abc import Sequence

from qcn_lsp.simulator.chat import ChatMessage

KEPT_PROMPTS = 8


class PrefixCache:
    """The last prompts, and what a new one shares with them."""

    def __init__(self, keep: int = KEPT_PROMPTS) -> None:
        self._kept: deque[tuple[ChatMessage, ...]] = deque(maxlen=keep)

    def shared(self, messages: Sequence[ChatMessage]) -> int:
        """How many leading messages need not be read again."""
        return max((_resume_at(kept, messages) for kept in self._kept), default=0)

    def keep(self, messages: Sequence[ChatMessage]) -> None:
        """Remembers a prompt that was read to its end."""
        prompt = tuple(messages)
        if prompt in self._kept:
            self._kept.remove(prompt)
        self._kept.append(prompt)


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
