"""Keeps text under review from speaking as anything but data.

Servers turn control tokens such as `<|im_end|>` into the real thing wherever they stand in a message, so that code
could close its own message and open a `system` one. A zero-width space after the `<` breaks every spelling of them,
costs one token, and can be taken out again to compare what the model quotes with the code.
"""

import re

_BREAK = "\u200b"
# The control tokens of the Qwen coder vocabulary: `<|…|>`, and the pairs of its tool calls and its thinking.
_CONTROL_TOKEN = re.compile(r"<(?=\||/?(?:tool_call|tool_response|think)>)")


def neutralize(text: str) -> str:
    """The text with every control token broken, and without lone surrogates, which no server accepts."""
    if not text.isascii():
        text = text.encode("utf-8", "replace").decode("utf-8")
    return _CONTROL_TOKEN.sub(f"<{_BREAK}", text)


def restore(text: str) -> str:
    """What the model quoted, as it stands in the code."""
    return text.replace(f"<{_BREAK}", "<")
