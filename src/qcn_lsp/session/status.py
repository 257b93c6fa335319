"""What the user is told about backends."""

from dataclasses import dataclass

from qcn_lsp.config.settings import Mode
from qcn_lsp.scheduling.health import Standing


@dataclass(frozen=True, slots=True)
class BackendStatus:
    """One backend.

    Args:
        name: Its name in the settings.
        mode: What it is used for.
        state: `unknown` until it was first needed.
        reason: Why it is down, empty otherwise.
        queue: Reviews that wait for it.
        tokens_per_second: Generation speed of its last review, 0 before the first.
    """

    name: str
    mode: Mode
    state: Standing
    reason: str
    queue: int
    tokens_per_second: float


@dataclass(frozen=True, slots=True)
class Status:
    """All backends, and how the work stands.

    Args:
        backends: In the order of the settings.
        reviewing: Units under review or waiting for it.
        reviewer: The backend that reviews now, the first of the route that is up; empty for the analyzers alone.
        unserved: Units that wait for a backend to return: none could review them.
    """

    backends: tuple[BackendStatus, ...]
    reviewing: int
    reviewer: str = ""
    unserved: int = 0
