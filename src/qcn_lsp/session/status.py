"""What the user is told about backends."""

from dataclasses import dataclass
from typing import Literal

from qcn_lsp.config.settings import Mode


@dataclass(frozen=True, slots=True)
class BackendStatus:
    """One backend.

    Args:
        name: Its name in the settings.
        mode: What it is used for.
        state: `unknown` until it was first needed.
        queue: Reviews that wait for it.
        tokens_per_second: Generation speed of its last review, 0 before the first.
    """

    name: str
    mode: Mode
    state: Literal["up", "down", "unknown"]
    queue: int
    tokens_per_second: float


@dataclass(frozen=True, slots=True)
class Status:
    """All backends, and how many units are under review or wait for it."""

    backends: tuple[BackendStatus, ...]
    reviewing: int
