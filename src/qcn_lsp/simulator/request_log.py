"""The log of `--log`: one JSON line a generation, with figures and digests and never with text."""

import hashlib
import json
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path

from qcn_lsp.errors import ConfigError
from qcn_lsp.simulator import tokenizer
from qcn_lsp.simulator.chat import ChatMessage


@dataclass(frozen=True, slots=True)
class MessageDigest:
    """What the log tells of a message: enough to see which ones were equal."""

    role: str
    tokens: int
    sha256: str


@dataclass(frozen=True, slots=True)
class Record:
    """One line.

    Args:
        endpoint: The path that was asked.
        prompt_tokens: Of the whole prompt.
        cached_tokens: Of them, those that were not read again.
        completion_tokens: Generated, as far as it came.
        seconds: What the real server would have been busy at the published speed, whatever `--speed` is.
        wall_seconds: What it took here, waiting for a slot included.
        aborted: Whether the client left before the end.
        stream: Whether the answer was streamed.
        max_tokens: The limit in the request, None for none.
        finish_reason: Why the answer ended, None if it did not or was refused.
        fault: What went wrong on purpose, None for nothing.
        messages: Digests of the messages of a chat.
    """

    endpoint: str
    prompt_tokens: int
    cached_tokens: int
    completion_tokens: int
    seconds: float
    wall_seconds: float
    aborted: bool
    stream: bool
    max_tokens: int | None
    finish_reason: str | None
    fault: str | None
    messages: tuple[MessageDigest, ...]


class RequestLog:
    """Appends records to a file, each flushed at once so that a reader sees it."""

    def __init__(self, path: Path | None) -> None:
        try:
            self._file = path.open("a", encoding="utf-8") if path else None
        except OSError as error:
            raise ConfigError(f"{path}: cannot be written as a log ({error.strerror})") from error

    def write(self, record: Record) -> None:
        """Appends one line."""
        if self._file:
            self._file.write(json.dumps(asdict(record)) + "\n")
            self._file.flush()

    def close(self) -> None:
        """Closes the file."""
        if self._file:
            self._file.close()


def digests(messages: Sequence[ChatMessage]) -> tuple[MessageDigest, ...]:
    """What the log tells of messages."""
    return tuple(
        MessageDigest(
            message.role,
            tokenizer.count(message.content),
            hashlib.sha256(message.content.encode("utf-8", "surrogatepass")).hexdigest()[:16],
        )
        for message in messages
    )
