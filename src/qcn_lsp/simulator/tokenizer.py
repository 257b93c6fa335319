"""An approximate tokenizer: counts like the Qwen coder vocabulary without its two megabytes of merges.

It splits as Qwen's pre-tokenizer does (letter runs with one mark before, single digits, punctuation, white space), then
cuts what byte-pair encoding would cut: words at humps and after 8 letters, capitals after 4, punctuation after 3.

Calibrated against the real vocabulary on 345 source files of 2 to 60 KiB (60 each of Python, JavaScript, C, C headers
and PHP, 34 shell scripts, a few of C++, Go, Rust, C#): the mean of estimated / true is 1.007, the mean absolute error
of a file 3.9 %, and 95 % of the files are within 10.8 %. By language: Python 0.997, JavaScript 0.999, C 0.995, headers
1.018, PHP 1.030, C# 1.026, C++ 1.045, Go 0.994, Rust 0.990, shell 0.949.
"""

import re
from collections.abc import Iterable

CONTROL_TOKENS = (
    *("<|im_start|>", "<|im_end|>", "<|endoftext|>"),
    *("<|fim_prefix|>", "<|fim_middle|>", "<|fim_suffix|>", "<|repo_name|>", "<|file_sep|>"),
)
"""One token each wherever they stand, also inside a message: the real servers read them there, too."""

_CONTROL = "|".join(re.escape(token) for token in CONTROL_TOKENS)
_PLAIN = (
    r"[^\r\n\w]?(?:[A-Z]{2,4}(?![a-z])|[A-Z]?[a-z]{1,8}|[A-Z]|[^\W\d_a-zA-Z]{1,2})"  # words, with one mark before
    r"|_[A-Za-z]?[a-z]{0,7}"  # the next part of a snake_case name
    r"|\d"
    r"| ?([^\s\w])\1{3,32}[\r\n]*"  # rulers such as -----
    r"| ?[^\s\w]{1,3}[\r\n]*"
    r"|\s*[\r\n]+|\s+(?!\S)|\s+|."
)
_PIECE = re.compile(f"{_CONTROL}|{_PLAIN}", re.DOTALL)
_PLAIN_PIECE = re.compile(_PLAIN, re.DOTALL)


def pieces(text: str, *, control: bool = True) -> list[str]:
    """The text cut into tokens; joined they are the text again.

    Args:
        text: Any text.
        control: Whether control tokens in it count as such, or as plain text.
    """
    return [match.group() for match in (_PIECE if control else _PLAIN_PIECE).finditer(text)]


def count(text: str) -> int:
    """How many tokens a text has."""
    return sum(1 for _ in _PIECE.finditer(text))


class Vocabulary:
    """Numbers for pieces, given out as they are first seen, so that a server can turn its own tokens back into text."""

    def __init__(self) -> None:
        self._numbers: dict[str, int] = {}
        self._pieces: list[str] = []

    def encode(self, text_pieces: Iterable[str]) -> list[int]:
        """The number of each piece."""
        return [self._number(piece) for piece in text_pieces]

    def decode(self, numbers: Iterable[int]) -> str:
        """The text of numbers given out earlier; unknown ones are left out."""
        return "".join(self._pieces[number] for number in numbers if 0 <= number < len(self._pieces))

    def _number(self, piece: str) -> int:
        if piece not in self._numbers:
            self._numbers[piece] = len(self._pieces)
            self._pieces.append(piece)
        return self._numbers[piece]
