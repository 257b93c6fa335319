"""How many tokens a request may have, and a bound on what a text costs without asking a server.

Nothing is sent that does not fit: prompt + answer + margin ≤ ctx, where the prompt is counted with the server's own
tokenizer. Most requests are so small that the bound settles it and nobody is asked.
"""

from collections.abc import Iterable
from dataclasses import dataclass

# A chat template's own tokens around one message (`<|im_start|>user\n…<|im_end|>\n`: 5 on Qwen), rounded up.
TEMPLATE_TOKENS_PER_MESSAGE = 8
# Left free in every request: the template's head and tail, and a tokenizer that counts a seam differently.
MARGIN = 64


@dataclass(frozen=True, slots=True)
class Budget:
    """What one request may use.

    Args:
        ctx: The server's context in tokens.
        answer: Tokens set aside for the answer.
    """

    ctx: int
    answer: int

    @property
    def prompt(self) -> int:
        """Tokens left for the prompt, template included; never negative."""
        return max(0, self.ctx - self.answer - MARGIN)

    def fits(self, message_tokens: Iterable[int]) -> bool:
        """Whether messages of these token counts fit."""
        return sum(count + TEMPLATE_TOKENS_PER_MESSAGE for count in message_tokens) <= self.prompt


def most_tokens(text: str) -> int:
    """An upper bound of a text's tokens: byte-level vocabularies (Qwen's, SmolLM's) use at most one token a byte."""
    return len(text) if text.isascii() else len(text.encode("utf-8", "replace"))


def shrunk(budget: Budget, told_prompt: int | None, told_ctx: int | None) -> int:
    """The context to pack for after a server has refused a prompt that was believed to fit.

    Args:
        budget: What was believed.
        told_prompt: Tokens of the refused prompt by the server's count, None if it did not say.
        told_ctx: The server's context, None if it did not say.

    Returns:
        Tokens, fewer than before.
    """
    ctx = min(told_ctx or budget.ctx, budget.ctx)
    if told_prompt and told_prompt > budget.prompt:
        # It counts more than we do: so much less may be sent, by our count.
        ctx = ctx * budget.prompt // told_prompt
    return ctx if ctx < budget.ctx else budget.ctx // 2
