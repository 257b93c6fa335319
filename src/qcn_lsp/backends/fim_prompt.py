"""Fill-in-the-middle prompts written out in the Qwen coder family's own tokens, for servers that do not write them.

The order is the family's published one: each excerpt as a file, then the file with the hole.
"""

from qcn_lsp.core.control_tokens import neutralize
from qcn_lsp.core.generation import InfillRequest

PREFIX_TOKEN = "<|fim_prefix|>"  # noqa: S105 - a token of a language model
"""One token to a model that can fill in the middle, several to any other."""

_SUFFIX, _MIDDLE, _PAD = "<|fim_suffix|>", "<|fim_middle|>", "<|fim_pad|>"
_REPOSITORY, _FILE, _END = "<|repo_name|>", "<|file_sep|>", "<|endoftext|>"
# The names the model sees mean nothing; a real path of the user's would be one more thing to send.
_REPOSITORY_NAME, _CURRENT_FILE = "project", "current"

STOPS = (_END, _FILE, _REPOSITORY, PREFIX_TOKEN, _SUFFIX, _MIDDLE, _PAD)
"""Where the model goes on to another file instead of ending."""


def write_prompt(request: InfillRequest) -> str:
    """The prompt. Control tokens in the user's text are broken; see `StreamRestorer` for the way back."""
    hole = f"{PREFIX_TOKEN}{neutralize(request.prefix)}{_SUFFIX}{neutralize(request.suffix)}{_MIDDLE}"
    if not request.excerpts:
        return hole
    files = "".join(f"{_FILE}{_one_line(excerpt.path)}\n{neutralize(excerpt.text)}\n" for excerpt in request.excerpts)
    return f"{_REPOSITORY}{_REPOSITORY_NAME}\n{files}{_FILE}{_CURRENT_FILE}\n{hole}"


def _one_line(path: str) -> str:
    return neutralize(" ".join(path.splitlines()))
