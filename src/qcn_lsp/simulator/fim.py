"""Prompts to fill in the middle, in the tokens of the Qwen coder family."""

from collections.abc import Sequence
from dataclasses import dataclass

from qcn_lsp.simulator import tokenizer

PREFIX, SUFFIX, MIDDLE = "<|fim_prefix|>", "<|fim_suffix|>", "<|fim_middle|>"
REPOSITORY, FILE = "<|repo_name|>", "<|file_sep|>"

_PREDICT = -1


@dataclass(frozen=True, slots=True)
class Excerpt:
    """Text of another file."""

    filename: str
    text: str


def before_cursor(prompt: str) -> str:
    """The text that a raw prompt wants continued: the prefix of a fill-in-the-middle prompt, or else all of it."""
    _, found, rest = prompt.rpartition(PREFIX)
    return rest.partition(SUFFIX)[0].partition(MIDDLE)[0] if found else prompt


def fitted(  # noqa: PLR0913 - four texts and the two sizes of the real server's rule
    prefix: str, typed: str, suffix: str, excerpts: Sequence[Excerpt], *, ctx: int, batch: int
) -> str:
    """The prompt as llama.cpp's `/infill` makes it, which cuts what is too long.

    The end of the prefix gets at most three quarters of a batch, the start of the suffix what is left of the last
    quarter, and other files the rest of the context, the least relevant cut first. Where all three are too long, that
    is a little more than fits: the real server takes its own `--predict` for the length of the answer, which is -1.

    Args:
        prefix: Text before the cursor.
        typed: Text right before the cursor that is never cut, the request's `prompt`.
        suffix: Text after the cursor.
        excerpts: Of other files.
        ctx: Context of the slot in tokens.
        batch: Tokens of a batch, the server's `-b`.
    """
    before = _last(tokenizer.pieces(prefix), 3 * (batch // 4))
    after = tokenizer.pieces(suffix)[: max(0, batch // 4 - 2 - tokenizer.count(typed))]
    others = "".join(f"{FILE}{excerpt.filename}\n{excerpt.text}" for excerpt in excerpts)
    extra = _last(tokenizer.pieces(f"{REPOSITORY}myproject\n{others}{FILE}filename\n"), ctx - batch - 2 * _PREDICT)
    return "".join([*extra, PREFIX, *before, typed, SUFFIX, *after, MIDDLE])


def _last(pieces: Sequence[str], count: int) -> Sequence[str]:
    return pieces[max(0, len(pieces) - max(0, count)) :]
