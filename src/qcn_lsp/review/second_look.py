"""Reads the answer to a second look: which line prevents a flaw."""

from collections.abc import Sequence

from qcn_lsp.core.positions import LineRange

# As many digits as the answer's format allows: a server that does not apply it may write any number of them.
_MOST_DIGITS = 5


def prevents(answer: str, lines: Sequence[str], asked: LineRange) -> bool | None:
    """Whether a line that exists, and is not blank, is said to prevent the flaw.

    Args:
        answer: The model's, `0` for no line.
        lines: All lines of the file.
        asked: The lines of the question, which numbered them from 1.

    Returns:
        None if the answer is no number, and so settles nothing.
    """
    digits = answer.strip()
    if not (digits.isascii() and digits.isdecimal() and len(digits) <= _MOST_DIGITS):
        return None
    line = int(digits)
    return 1 <= line <= len(asked) and bool(lines[asked.start + line - 1].strip())
