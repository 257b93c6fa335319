"""The prompt texts of `prompts/`, which ship inside the wheel.

Each file starts with a head between `---` lines: its purpose, inputs, answer format and version. Only what follows is
sent. The texts are byte-stable: a changed byte makes every server read its cached prefix again.
"""

from functools import cache
from hashlib import blake2b
from pathlib import Path

_INSTALLED = Path(__file__).parent / "texts"
_CHECKOUT = Path(__file__).parents[3] / "prompts"


def folder() -> Path:
    """Where the texts are: inside the installed package, or at the top of a checkout."""
    return _INSTALLED if _INSTALLED.is_dir() else _CHECKOUT


@cache
def text(name: str) -> str:
    """The text `name` (such as `review/rules`) without its head and without surrounding blank lines."""
    _, _, body = _split(name)
    return body


def version(name: str) -> str:
    """The version its head gives."""
    _, head, _ = _split(name)
    return next(line.partition(":")[2].strip() for line in head.splitlines() if line.startswith("version:"))


def _split(name: str) -> tuple[str, str, str]:
    before, head, body = folder().joinpath(f"{name}.md").read_text("utf-8").split("---\n", 2)
    return before, head, body.strip("\n")


def fingerprint(answer_format: str) -> str:
    """Of everything that decides what a review is asked: a changed text makes earlier answers worth nothing."""
    digest = blake2b(answer_format.encode(), digest_size=8)
    for file in sorted(folder().joinpath("review").rglob("*.md")):
        digest.update(file.read_bytes())
    return digest.hexdigest()
