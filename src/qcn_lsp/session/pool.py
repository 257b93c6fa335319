"""The backends of the settings: which is up, and which serves."""

import asyncio
import time
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Literal

from qcn_lsp.backends.reachability import is_listening
from qcn_lsp.config.settings import BackendSettings, Mode, Settings
from qcn_lsp.core.generation import Backend, BackendInfo
from qcn_lsp.errors import BackendError

# How long a probe's answer is believed. One that is down is asked again soon: it may just be loading.
_SECONDS_UP = 60.0
_SECONDS_DOWN = 5.0


@dataclass(frozen=True, slots=True)
class Ready:
    """A backend that answered its probe."""

    backend: Backend
    mode: Mode
    info: BackendInfo


@dataclass(frozen=True, slots=True)
class PassedOver:
    """A backend that would have been better and is not up, and why, in a sentence that names it."""

    backend: str
    reason: str


@dataclass(slots=True)
class _Known:
    ready: Ready | None
    reason: str
    until: float


class Pool:
    """Creates backends when they are first needed and remembers which answered.

    Args:
        settings: Whose backends.
        clock: Seconds, monotonic.
    """

    def __init__(self, settings: Settings, clock: Callable[[], float] = time.monotonic) -> None:
        self._settings = settings
        self._clock = clock
        self._created: dict[str, Backend] = {}
        self._known: dict[str, _Known] = {}
        self._probing: dict[str, asyncio.Lock] = {}

    async def first_ready(self, modes: Iterable[Mode]) -> tuple[Ready | None, tuple[PassedOver, ...]]:
        """The first backend of these modes that is up.

        Returns:
            The backend, None where `embedded` comes first or none is up; and why better ones were passed over.
        """
        passed: list[PassedOver] = []
        for mode in modes:
            if mode is Mode.EMBEDDED:
                break
            for settings in self._settings.backends:
                if settings.mode is mode:
                    known = await self._probe(settings)
                    if known.ready:
                        return known.ready, tuple(passed)
                    passed.append(PassedOver(settings.name, known.reason))
        return None, tuple(passed)

    def failed(self, name: str, reason: str) -> None:
        """Takes note that a backend failed while it was used, so that the next review probes it first."""
        self._known[name] = _Known(None, reason, self._clock() + _SECONDS_DOWN)

    def state(self, name: str) -> Literal["up", "down", "unknown"]:
        """What the last probe or use said."""
        known = self._known.get(name)
        return "unknown" if known is None else "up" if known.ready else "down"

    async def close(self) -> None:
        """Closes every connection."""
        await asyncio.gather(*(backend.close() for backend in self._created.values()))

    async def _probe(self, settings: BackendSettings) -> _Known:
        async with self._probing.setdefault(settings.name, asyncio.Lock()):
            known = self._known.get(settings.name)
            if known is None or known.until <= self._clock():
                known = self._known[settings.name] = await self._ask(settings)
            return known

    async def _ask(self, settings: BackendSettings) -> _Known:
        # A plain connection first: the client behind a backend costs 0.6 s of CPU to import, and most machines
        # have not all three servers.
        if not await is_listening(settings.base_url):
            reason = f"{settings.name}: nothing answers at {settings.base_url}"
            return _Known(None, reason, self._clock() + _SECONDS_DOWN)
        try:
            backend = self._created.get(settings.name)
            if backend is None:
                backend = self._created[settings.name] = await asyncio.to_thread(_create, settings)
            info = await backend.probe()
        except BackendError as error:
            return _Known(None, str(error), self._clock() + _SECONDS_DOWN)
        return _Known(Ready(backend, settings.mode, info), "", self._clock() + _SECONDS_UP)


def _create(settings: BackendSettings) -> Backend:
    from qcn_lsp.backends.registry import create  # in a thread: imports the client

    return create(settings)
