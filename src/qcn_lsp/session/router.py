"""Which backend serves: the first one of a route that is up and has what is needed."""

import asyncio
import time
from collections.abc import Callable, Container, Iterable, Sequence
from dataclasses import dataclass, field, replace

from qcn_lsp.backends.reachability import is_listening
from qcn_lsp.backends.registry import SILENCE_LIMIT_SECONDS, create, identify
from qcn_lsp.config.settings import BackendSettings, Mode, Settings
from qcn_lsp.core.generation import Backend, BackendInfo, Feature
from qcn_lsp.errors import SERVER_IS_GONE, BackendError, BackendUnavailable, BadAnswer
from qcn_lsp.scheduling.health import Health, Standing

# A server that will not close its connections must not hold up the editor's exit.
_CLOSE_SECONDS = 1.0
# One that is back answers in milliseconds; one that hangs must not hold up what another can do.
_PATIENCE_SECONDS = 0.5


@dataclass(frozen=True, slots=True)
class Ready:
    """A backend that answered its probe."""

    backend: Backend
    mode: Mode
    info: BackendInfo

    @property
    def name(self) -> str:
        """The backend's name in the settings."""
        return self.backend.name


@dataclass(frozen=True, slots=True)
class PassedOver:
    """A backend that would have been better and does not serve, and why, in a sentence that names it."""

    backend: str
    reason: str

    def error(self) -> BackendUnavailable:
        """For whoever cannot do without it."""
        return BackendUnavailable(self.backend, self.reason.removeprefix(f"{self.backend}: "))


@dataclass(frozen=True, slots=True)
class Routed:
    """What a route comes to now.

    Args:
        ready: The backend; None where `embedded` comes first or none is up.
        passed: Better ones that do not serve.
    """

    ready: Ready | None
    passed: tuple[PassedOver, ...]


@dataclass(slots=True)
class _Known:
    settings: BackendSettings
    backend: Backend
    health: Health = field(default_factory=Health)
    info: BackendInfo | None = None
    lacking: set[Feature] = field(default_factory=set)
    probing: asyncio.Task[None] | None = None

    def ready(self) -> Ready | None:
        if self.info is None or self.health.standing is not Standing.UP:
            return None
        return Ready(self.backend, self.settings.mode, replace(self.info, features=self.info.features - self.lacking))


class Router:
    """Knows which backends are up, from probes that cost nothing and from use.

    Args:
        settings: Whose backends.
        is_busy: Whether a backend works for us now: then it is up, and is not asked.
        silence_limit_seconds: How long a server may send nothing while it works.
        clock: Seconds, monotonic.
    """

    def __init__(
        self,
        settings: Settings,
        is_busy: Callable[[str], bool],
        *,
        silence_limit_seconds: float = SILENCE_LIMIT_SECONDS,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._is_busy = is_busy
        self._clock = clock
        self._silence_limit_seconds = silence_limit_seconds
        self._known = {
            one.name: _Known(one, create(one, silence_limit_seconds=silence_limit_seconds)) for one in settings.backends
        }
        self.came_up: Callable[[Mode], None] = lambda _: None
        """Told when a backend that was not up is."""

    async def first_ready(
        self, modes: Sequence[Mode], needs: frozenset[Feature] = frozenset(), without: Container[str] = ()
    ) -> Routed:
        """The first backend of these modes that is up.

        Args:
            modes: The best first; `embedded` ends the search.
            needs: What it must be able to do.
            without: Names of backends that are not asked.
        """
        routed = await self._search(modes, needs, without, _PATIENCE_SECONDS)
        # Where nobody else serves, those that were down and have not answered yet are waited for.
        return routed if routed.ready else await self._search(modes, needs, without, None)

    async def _search(
        self, modes: Sequence[Mode], needs: frozenset[Feature], without: Container[str], patience: float | None
    ) -> Routed:
        passed: list[PassedOver] = []
        for mode in modes:
            if mode is Mode.EMBEDDED:
                break
            for known in self._of_mode(mode):
                name = known.settings.name
                if name in without:
                    continue
                is_down = known.health.standing is Standing.DOWN
                await self._probe_if_due(known, patience if is_down else None)
                ready = known.ready()
                if ready is None:
                    passed.append(PassedOver(name, known.health.reason))
                elif needs <= ready.info.features:
                    return Routed(ready, tuple(passed))
        return Routed(None, tuple(passed))

    def model_of(self, mode: str) -> str:
        """What the first backend of a mode that is up serves; empty if none is."""
        return next(
            (ready.info.model for one in self._known.values() if one.settings.mode == mode and (ready := one.ready())),
            "",
        )

    def served(self, name: str) -> None:
        """A backend gave an answer that could be used."""
        known = self._known[name]
        self._is_up(known, known.health.served)

    def failed(self, name: str, error: BackendError) -> None:
        """A backend failed while it was used; of one that is known to be down, only probes tell more."""
        known = self._known[name]
        if known.health.standing is Standing.DOWN:
            return
        if isinstance(error, SERVER_IS_GONE):
            known.health.failed(self._clock(), str(error))
            known.lacking.clear()  # it may come back with another model
        elif isinstance(error, BadAnswer):
            known.health.answered_badly(self._clock(), str(error))

    def require(self, name: str) -> None:
        """For work that had to wait for its turn: a backend that is gone by then need not be found out once more.

        Raises:
            BackendUnavailable: It is down.
        """
        health = self._known[name].health
        if health.standing is Standing.DOWN:
            raise PassedOver(name, health.reason).error()

    def lacks(self, name: str, feature: Feature) -> None:
        """A backend turned out not to be able to do something."""
        self._known[name].lacking.add(feature)

    def shrank(self, name: str, ctx: int) -> None:
        """A backend said that its context is smaller than it was: it was started anew."""
        known = self._known[name]
        if known.info and ctx < known.info.ctx:
            known.info = replace(known.info, ctx=ctx)

    def health(self, name: str) -> Health:
        """What is known of a backend."""
        return self._known[name].health

    def next_probe(self, modes: Iterable[Mode]) -> float | None:
        """Seconds until a backend of these modes that is not up is to be asked again; None if all are up."""
        down = [known for known in self._of_modes(modes) if known.health.standing is not Standing.UP]
        return max(0.0, min(known.health.due for known in down) - self._clock()) if down else None

    async def probe_due(self, modes: Iterable[Mode]) -> None:
        """Asks the backends of these modes whose time has come."""
        await asyncio.gather(*(self._probe_if_due(known) for known in self._of_modes(modes)))

    async def close(self) -> None:
        """Closes every connection."""
        for known in self._known.values():
            if known.probing:
                known.probing.cancel()
        closing = [asyncio.ensure_future(known.backend.close()) for known in self._known.values()]
        if closing:
            await asyncio.wait(closing, timeout=_CLOSE_SECONDS)

    def _of_mode(self, mode: Mode) -> list[_Known]:
        return [known for known in self._known.values() if known.settings.mode is mode]

    def _of_modes(self, modes: Iterable[Mode]) -> list[_Known]:
        return [known for mode in modes for known in self._of_mode(mode)]

    async def _probe_if_due(self, known: _Known, patience: float | None = None) -> None:
        """Asks it if its time has come, or waits with whoever has asked.

        The probe goes on without whoever waits: one who types gives up long before it is clear that a server hangs.
        """
        if not known.probing and known.health.is_due(self._clock()) and not self._is_at_work(known):
            known.probing = asyncio.ensure_future(self._look(known))
        if (probing := known.probing) and (await asyncio.wait([probing], timeout=patience))[0]:
            probing.result()

    async def _look(self, known: _Known) -> None:
        try:
            known.info = await self._probe(known)
        except BackendError as error:
            if not self._is_at_work(known):  # else its work will tell
                known.health.failed(self._clock(), str(error))
        else:
            self._is_up(known, known.health.answered)
        finally:
            known.probing = None

    def _is_at_work(self, known: _Known) -> bool:
        return known.health.standing is Standing.UP and self._is_busy(known.settings.name)

    def _is_up(self, known: _Known, note: Callable[[float], None]) -> None:
        was_up = known.health.standing is Standing.UP
        note(self._clock())
        if not was_up:
            self.came_up(known.settings.mode)

    async def _probe(self, known: _Known) -> BackendInfo:
        # A plain connection first: the client behind a backend costs 0.6 s of CPU to import, and most machines have
        # not all three servers.
        if not await is_listening(known.settings.base_url):
            raise BackendUnavailable(known.settings.name, f"nothing answers at {known.settings.base_url}")
        if known.settings.is_guess and known.health.standing is not Standing.UP:
            await self._correct_guess(known)
        return await known.backend.probe()

    async def _correct_guess(self, known: _Known) -> None:
        server = await identify(known.settings)
        if server and server is not known.settings.server:
            await known.backend.close()
            known.settings = replace(known.settings, server=server)
            known.backend = create(known.settings, silence_limit_seconds=self._silence_limit_seconds)
