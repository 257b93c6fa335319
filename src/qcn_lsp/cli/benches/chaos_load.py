"""The random load of the chaos benchmark: reviews and completions, some given up, on servers that fail."""

import asyncio
import random
import time
from collections import Counter
from collections.abc import Coroutine
from dataclasses import dataclass, field
from pathlib import Path

from qcn_lsp.core.document import Document
from qcn_lsp.core.generation import InfillRequest
from qcn_lsp.core.unit import Unit
from qcn_lsp.errors import QcnError
from qcn_lsp.review.outcome import UnitReview
from qcn_lsp.scheduling.queue import Priority
from qcn_lsp.session.engine import Engine
from qcn_lsp.session.router import PassedOver, Ready
from qcn_lsp.session.snapshot import Snapshot, take_snapshot
from qcn_lsp.session.watch import Progress

_CLIENTS = 12
_LONGEST_PAUSE_SECONDS = 0.4
_GIVEN_UP = 0.25
_LONGEST_PATIENCE_SECONDS = 1.5
_COMPLETIONS = 0.5
_PLACES = 4
_LAST_PATIENCE_SECONDS = 120.0


@dataclass(slots=True)
class Outcomes:
    """What became of every request.

    Args:
        answered: By the kind of request.
        failed: By the error's name.
        cancelled: Given up by whoever asked.
        unnamed: Errors that are none of the project's own: defects.
        endless: Requests that had not ended long after the load: defects.
        by_backend: Answers by backend.
        first_text_ms: From asking for a completion to its first text.
    """

    answered: Counter[str] = field(default_factory=Counter)
    failed: Counter[str] = field(default_factory=Counter)
    cancelled: int = 0
    unnamed: Counter[str] = field(default_factory=Counter)
    endless: int = 0
    by_backend: Counter[str] = field(default_factory=Counter)
    first_text_ms: list[float] = field(default_factory=list)

    @property
    def asked(self) -> int:
        """All requests."""
        ended = self.answered.total() + self.failed.total() + self.unnamed.total()
        return ended + self.cancelled + self.endless


class Load:
    """Clients that ask at random.

    Args:
        engine: What is under test.
        seed: What chance begins with.
    """

    def __init__(self, engine: Engine, seed: int) -> None:
        self.outcomes = Outcomes()
        self._engine = engine
        self._random = random.Random(seed)  # noqa: S311 - chance, not secrecy
        self._snapshots: list[Snapshot] = []
        self._requests: set[asyncio.Task[None]] = set()

    async def prepare(self, text: str) -> None:
        """Analyzes what will be reviewed."""
        for number in range(_PLACES):
            document = Document(f"untitled:{number}.py", f"{number}.py", "python", text, number, Path("/"))
            self._snapshots.append(await take_snapshot(document, analyze=self._engine.analyzers.analyze))

    async def run(self, seconds: float) -> None:
        """Keeps the clients asking, then waits for every request to end."""
        until = time.monotonic() + seconds
        await asyncio.gather(*(self._client(until) for _ in range(_CLIENTS)))
        if self._requests:
            _, endless = await asyncio.wait(self._requests, timeout=_LAST_PATIENCE_SECONDS)
            self.outcomes.endless += len(endless)
            for task in endless:
                task.cancel()

    def start(self, count: int) -> None:
        """Asks for so many reviews and waits for none."""
        for _ in range(count):
            self._spawn(self._review())

    async def _client(self, until: float) -> None:
        while time.monotonic() < until:
            chance = self._random
            request = self._complete() if chance.random() < _COMPLETIONS else self._review()
            task = self._spawn(request)
            if chance.random() < _GIVEN_UP:
                await asyncio.sleep(chance.uniform(0, _LONGEST_PATIENCE_SECONDS))
                task.cancel()
            await asyncio.wait([task])
            await asyncio.sleep(chance.uniform(0, _LONGEST_PAUSE_SECONDS))

    def _spawn(self, request: Coroutine[None, None, None]) -> asyncio.Task[None]:
        task = asyncio.create_task(self._note(request))
        self._requests.add(task)
        task.add_done_callback(self._requests.discard)
        return task

    async def _note(self, request: Coroutine[None, None, None]) -> None:
        try:
            await request
        except asyncio.CancelledError:
            self.outcomes.cancelled += 1
            raise
        except QcnError as error:
            self.outcomes.failed[type(error).__name__] += 1
        except Exception as error:  # noqa: BLE001 - a defect, which is what the benchmark looks for
            self.outcomes.unnamed[type(error).__name__] += 1

    async def _complete(self) -> None:
        place = self._random.randrange(_PLACES)
        lines = self._snapshots[place].document.lines
        at = self._random.randrange(len(lines))
        request = InfillRequest("\n".join(lines[max(0, at - 40) : at]), "\n".join(lines[at : at + 20]), max_tokens=32)
        asked, first = time.perf_counter(), list[float]()
        infilled = await self._engine.infill(request, f"place {place}", lambda _: first.append(time.perf_counter()))
        if first:
            self.outcomes.first_text_ms.append((first[0] - asked) * 1000)
        self.outcomes.answered["completion"] += 1
        self.outcomes.by_backend[infilled.ready.name] += 1

    async def _review(self) -> None:
        snapshot = self._random.choice(self._snapshots)
        unit = self._random.choice(snapshot.units)
        priority = self._random.choice((Priority.VISIBLE_REVIEW, Priority.OTHER_REVIEW))
        route = self._engine.settings.routing.review
        reviewed = await self._engine.review(snapshot, unit, _Nobody(), route, priority)
        self.outcomes.answered["review"] += 1
        self.outcomes.by_backend[reviewed.ready.name] += 1


class _Nobody:
    """Watches a review without looking."""

    def progress(self, progress: Progress) -> None: ...

    def passed_over(self, passed: PassedOver, ready: Ready) -> None: ...

    def partial(self, unit: Unit, review: UnitReview) -> None: ...
