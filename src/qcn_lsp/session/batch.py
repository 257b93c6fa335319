"""Reviews files on disk, for the command line."""

import asyncio
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from typing import Protocol

from qcn_lsp.config.settings import DEFAULT_BACKENDS, Mode
from qcn_lsp.core.finding import Finding, FindingState
from qcn_lsp.core.generation import Usage
from qcn_lsp.core.unit import Unit
from qcn_lsp.errors import SERVER_IS_GONE, BackendError, QcnError
from qcn_lsp.report.model import Problem, Report, Stats
from qcn_lsp.review.changes import risk, units_in_scope
from qcn_lsp.review.findings import findings_of, shown
from qcn_lsp.review.outcome import UnitReview
from qcn_lsp.scheduling.queue import Priority
from qcn_lsp.session.engine import Engine
from qcn_lsp.session.remembered import Memory
from qcn_lsp.session.router import PassedOver, Ready
from qcn_lsp.session.snapshot import Snapshot, take_snapshot
from qcn_lsp.session.targets import Target, Targets, read_target
from qcn_lsp.session.watch import Progress, discarded

OUR_MISTAKE = "was not reviewed because of an error inside qcn-lsp; please report it"

# Analyzers run as processes and threads; more at once than this only wait for each other.
_FILES_AT_ONCE = 4


class BatchWatch(Protocol):
    """Whoever waits for a batch."""

    def analyzed(self, done: int, total: int) -> None:
        """Told when a file has been analyzed."""

    def reviewed(self, done: int, total: int) -> None:
        """Told when a unit has been reviewed."""

    def progress(self, progress: Progress) -> None:
        """Told where a unit stands."""


@dataclass(slots=True)
class _File:
    """One file of the batch."""

    snapshot: Snapshot
    units: tuple[Unit, ...]
    reviews: dict[str, UnitReview] = field(default_factory=dict)

    def unreviewed(self) -> list[Unit]:
        """Units without a review; two equal ones are one question."""
        return list({unit.digest: unit for unit in self.units if unit.digest not in self.reviews}.values())


class Batch:
    """One check.

    Args:
        engine: Settings and backends.
        watch: Told how it goes.
        memory: What was reviewed before.
    """

    def __init__(self, engine: Engine, watch: BatchWatch, memory: Memory) -> None:
        self._engine = engine
        self._watch = watch
        self._memory = memory
        self._from_cache = 0
        self._problems: list[Problem] = []
        self._usages: list[Usage] = []
        self._reviewers: dict[str, Ready] = {}
        self._replaced: dict[str, str] = {}
        self._tasks: list[asyncio.Task[None]] = []
        self._stopped = ""

    async def run(self, targets: Targets, modes: tuple[Mode, ...]) -> Report:
        """Analyzes and reviews files.

        Args:
            targets: The files.
            modes: Who may review, the best first; `embedded` among them means that the analyzers alone will do.
        """
        started = time.monotonic()
        self._problems = list(targets.problems)
        files = await self._analyze(targets.files)
        if self._stopped:
            self._stopped += f"; {len(targets.files) - len(files)} of {len(targets.files)} files were not looked at"
            modes = (Mode.EMBEDDED,)
        routed = await self._engine.router.first_ready(modes)
        ready, passed = routed.ready, routed.passed
        await self._recall(files, modes, ready)
        if ready:
            await self._review(files, modes)
        elif Mode.EMBEDDED not in modes and any(file.unreviewed() for file in files):
            reasons = [one.reason for one in passed] or ["no backend of this mode is configured"]
            self._problems += [Problem("", f"{reason}; only the analyzers have looked") for reason in reasons]
        if self._stopped:
            self._problems.append(Problem("", self._stopped))
        findings: list[Finding] = []
        for file in files:
            document = file.snapshot.document
            findings += findings_of(document.path, document.lines, file.units, file.snapshot.candidates, file.reviews)
        settings = self._engine.settings.review
        visible = shown(findings, settings.show, settings.min_severity)
        return Report(
            findings=visible,
            problems=tuple(self._problems),
            stats=self._stats(files, time.monotonic() - started),
            lines={file.snapshot.document.path: file.snapshot.document.lines for file in files},
            reviewer=", ".join(
                f"{one.name} ({one.mode}, {one.info.model})" for one in self._reviewers.values() or [ready] if one
            ),
            notes=tuple(self._notes(passed, targets.ignored, _hidden(findings, visible))),
        )

    async def _analyze(self, targets: Sequence[Target]) -> list[_File]:
        turn, done = asyncio.Semaphore(_FILES_AT_ONCE), 0

        async def analyze(target: Target) -> _File | None:
            nonlocal done
            async with turn:
                if self._stopped:
                    return None
                try:
                    document = await asyncio.to_thread(read_target, target, self._engine.settings.review.max_file_kib)
                    snapshot = await take_snapshot(document, analyze=self._engine.analyzers.analyze)
                except QcnError as error:
                    self._problems.append(Problem(target.shown, str(error)))
                    return None
                except Exception as error:  # noqa: BLE001 — a mistake of ours must not cost the report on the other files
                    self._problems.append(Problem(target.shown, f"{OUR_MISTAKE} ({type(error).__name__})"))
                    return None
                finally:
                    done += 1
                    self._watch.analyzed(done, len(targets))
                self._problems += [
                    Problem(target.shown, failure.removeprefix(f"{target.shown}: ")) for failure in snapshot.failures
                ]
                return _File(snapshot, units_in_scope(snapshot.units, target.base))

        files = await asyncio.gather(*(analyze(target) for target in targets))
        return [file for file in files if file]

    @property
    def is_stopped(self) -> bool:
        """Whether it was told to stop."""
        return bool(self._stopped)

    def stop(self, reason: str) -> None:
        """Gives up what a model has not answered yet, on the server too; what is known is still reported."""
        self._stopped = self._stopped or reason
        for task in self._tasks:
            task.cancel()

    async def _recall(self, files: Sequence[_File], modes: Sequence[Mode], ready: Ready | None) -> None:
        """Takes what an earlier run has reviewed, unless who reviews now is better, or serves another model."""
        usable = modes[: modes.index(ready.mode) + 1] if ready else modes
        if set(modes) <= {Mode.EMBEDDED}:
            return
        for file in files:
            for digest, review in (await self._memory.recall(file.snapshot, file.unreviewed(), usable)).items():
                if ready is None or review.mode != ready.mode or review.model == ready.info.model:
                    file.reviews[digest] = review
                    self._from_cache += 1

    async def _review(self, files: Sequence[_File], modes: Sequence[Mode]) -> None:
        todo = [(file, unit) for file in files for unit in file.unreviewed()]
        todo.sort(key=lambda one: -risk(one[1], one[0].snapshot.candidates))
        self._tasks = [asyncio.create_task(self._review_unit(modes, file, unit, len(todo))) for file, unit in todo]
        if self._stopped:
            self.stop(self._stopped)  # it was told to while the servers were asked
        if self._tasks:
            await asyncio.wait(self._tasks)
        if self._stopped:
            left = len(todo) - len(self._usages)
            self._stopped += f"; {left} of {len(todo)} units have no verdict of a model"

    async def _review_unit(self, modes: Sequence[Mode], file: _File, unit: Unit, total: int) -> None:
        try:
            reviewed = await self._engine.review(file.snapshot, unit, self, modes, Priority.OTHER_REVIEW)
        except BackendError as error:
            if isinstance(error, SERVER_IS_GONE):
                self.stop(str(error))
            else:
                self._problems.append(Problem(file.snapshot.document.path, f"{unit.label}: {error}"))
            return
        except Exception as error:  # noqa: BLE001 — a mistake of ours must not cost the report on the other units
            text = f"{unit.label}: {OUR_MISTAKE} ({type(error).__name__})"
            self._problems.append(Problem(file.snapshot.document.path, text))
            return
        file.reviews[unit.digest] = reviewed.review
        await self._memory.keep(file.snapshot, unit, reviewed.review)
        self._reviewers.setdefault(reviewed.ready.name, reviewed.ready)
        if reviewed.review.rejected:
            text = f"{unit.label}: {discarded(reviewed.review.rejected)}"
            self._problems.append(Problem(file.snapshot.document.path, text))
        self._usages.append(reviewed.usage)
        self._watch.reviewed(len(self._usages), total)

    def progress(self, progress: Progress) -> None:
        """Passes on where a unit stands."""
        self._watch.progress(progress)

    def passed_over(self, passed: PassedOver, ready: Ready) -> None:
        """Keeps why a better backend did not review everything."""
        self._replaced.setdefault(passed.backend, f"{passed.reason}; {ready.name} reviewed instead")

    def partial(self, unit: Unit, review: UnitReview) -> None:
        """A batch is shown when it is over."""

    def _notes(self, passed: Sequence[PassedOver], ignored: int, hidden: int) -> Iterator[str]:
        """What took nothing away from the review and still should be known: a workspace may have set it."""
        promised = self._engine.settings.backends is not DEFAULT_BACKENDS  # nobody has to run all three servers
        reasons = {one.backend: one.reason for one in passed} | self._replaced
        yield from (
            reason for name, reason in reasons.items() if promised or name not in {one.backend for one in passed}
        )
        if ignored:
            yield f"source files left out by the setting ignore: {ignored}"
        if hidden:
            yield f"findings hidden by review.show or review.min_severity: {hidden}"

    def _stats(self, files: Sequence[_File], seconds: float) -> Stats:
        spent = sum(self._usages, Usage())
        return Stats(
            units=sum(len(file.units) for file in files),
            reviewed=len(self._usages),
            from_cache=self._from_cache,
            prompt_tokens=spent.prompt_tokens,
            cached_tokens=spent.cached_tokens or 0,
            completion_tokens=spent.completion_tokens,
            seconds=seconds,
        )


def _hidden(findings: Sequence[Finding], visible: Sequence[Finding]) -> int:
    standing = [one for one in findings if one.state is not FindingState.DISMISSED]
    return len(set(standing) - set(visible))
