"""Chat messages, and the text that the model's template makes of them."""

from collections.abc import Sequence
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class ChatMessage:
    """One message, its content flattened to text."""

    role: str
    content: str


def render(messages: Sequence[ChatMessage], *, generation_prompt: bool = True) -> str:
    """The prompt text of messages, by the template of Qwen3-Coder without tools."""
    text = "".join(f"<|im_start|>{message.role}\n{message.content}<|im_end|>\n" for message in messages)
    return text + "<|im_start|>assistant\n" if generation_prompt else text


def questions(messages: Sequence[ChatMessage]) -> list[str]:
    """The user messages."""
    return [message.content for message in messages if message.role == "user"]
