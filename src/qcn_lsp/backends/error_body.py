"""What servers say in an error, and how each says that a prompt does not fit."""

import re
from collections.abc import Callable
from dataclasses import dataclass
from typing import TypeAlias

from pydantic import BaseModel, ValidationError

from qcn_lsp.backends.figures import Count


class ErrorBody(BaseModel):
    """The `error` object of an answer. What a server leaves out is None."""

    code: int | str | None = None
    type: str | None = None
    param: str | None = None
    message: str | None = None
    n_prompt_tokens: Count | None = None
    n_ctx: Count | None = None


@dataclass(frozen=True, slots=True)
class Overflow:
    """That a prompt does not fit: its tokens and the context's, None where the server does not tell."""

    prompt_tokens: int | None = None
    ctx: int | None = None


OverflowReader: TypeAlias = Callable[[ErrorBody], Overflow | None]
"""Reads an error as an overflow, None if it is about something else."""

_LLAMA_TYPE = "exceed_context_size_error"
# ik_llama.cpp has no type of its own for it: the status is 500, the type `server_error`, and there are no counts.
_LLAMA_PHRASE = "exceeds the available context size"
_OPENAI_CODE = "context_length_exceeded"
# vLLM says it in prose only, in another way every few releases.
_VLLM_CTX = re.compile(
    r"(?:context length is (?:only )?|maximum model length of |cannot be greater than max_\w+=(?:max_total_tokens=)?)"
    r"(\d{1,9})\b",
    re.ASCII,
)
# What follows "at least" or "You passed" is no count: the tokenizer stopped one token after the limit.
_VLLM_PROMPT = re.compile(
    r"(?:your request has |your prompt contains |your messages resulted in |prompt \(length |\()"
    r"(\d{1,9})(?: input tokens| tokens| in the |\) is)",
    re.ASCII,
)


def read_error_body(body: object) -> ErrorBody | None:
    """The error object of an answer, with or without its envelope; None if it is anything else."""
    if isinstance(body, dict) and isinstance(body.get("error"), dict):
        body = body["error"]
    try:
        return ErrorBody.model_validate(body)
    except ValidationError:
        return None


def llama_overflow(error: ErrorBody) -> Overflow | None:
    """llama.cpp's, which has a type and counts, and ik_llama.cpp's, which has neither."""
    if error.type == _LLAMA_TYPE or _LLAMA_PHRASE in (error.message or ""):
        return Overflow(error.n_prompt_tokens, error.n_ctx)
    return None


def vllm_overflow(error: ErrorBody) -> Overflow | None:
    """vLLM's: the prompt alone, or together with the tokens asked for, is longer than the model's context."""
    message = error.message or ""
    ctx, prompt = _VLLM_CTX.search(message), _VLLM_PROMPT.search(message)
    return Overflow(int(prompt[1]) if prompt else None, int(ctx[1])) if ctx else None


def any_overflow(error: ErrorBody) -> Overflow | None:
    """Any of them, for a server that may be whose it will."""
    told = llama_overflow(error) or vllm_overflow(error)
    return told or (Overflow() if error.code == _OPENAI_CODE else None)
