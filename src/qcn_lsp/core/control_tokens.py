"""Keeps text that is only data from speaking as anything else.

Servers turn control tokens such as `<|im_end|>` into the real thing wherever they stand in a prompt, so that code could
close its own message and open a `system` one, or end the hole it stands around. A zero-width space after the `<` breaks
every spelling of them, costs one token, and can be taken out again where the model repeats it.
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
    """What the model repeated, as it stood in the text."""
    return text.replace(f"<{_BREAK}", "<")


class StreamRestorer:
    """`restore` for text that comes in pieces, wherever they are cut."""

    def __init__(self) -> None:
        self._open = False

    def __call__(self, piece: str) -> str:
        """The next piece, restored; nothing is held back."""
        if self._open and piece.startswith(_BREAK):
            piece = piece.removeprefix(_BREAK)
            self._open = False
        if piece:
            self._open = piece.endswith("<")
        return restore(piece)
