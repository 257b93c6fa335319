"""What `check` reports when something goes wrong in the middle."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import replace
from pathlib import Path

import pytest

from qcn_lsp.config.published import PUBLISHED
from qcn_lsp.config.settings import BackendSettings, Mode, Settings
from qcn_lsp.report.model import Report
from qcn_lsp.session.batch import OUR_MISTAKE, Batch
from qcn_lsp.session.engine import Engine
from qcn_lsp.session.remembered import Memory
from qcn_lsp.session.router import Routed
from qcn_lsp.session.targets import find_targets
from qcn_lsp.session.watch import Progress
from qcn_lsp.simulator.options import Fault, Options
from qcn_lsp.workspace.walk import Ignored
from servers.simulated import fast, simulating

FLAW = "def find{n}(db, name):\n    return db.execute(f\"SELECT {n} FROM users WHERE name = '{{name}}'\")\n"
PRECISE, HYBRID = fast(Mode.PRECISE), fast(Mode.HYBRID)


class Nobody:
    def analyzed(self, done: int, total: int) -> None: ...

    def reviewed(self, done: int, total: int) -> None: ...

    def progress(self, progress: Progress) -> None: ...


@asynccontextmanager
async def engine_for(*servers: tuple[Options, str]) -> AsyncIterator[Engine]:
    backends = tuple(
        BackendSettings(mode.value, mode, PUBLISHED[mode].server, f"{address}/v1")
        for options, address in servers
        for mode in [options.published.mode]
    )
    engine = Engine(Settings(backends), silence_limit_seconds=0.5)
    try:
        yield engine
    finally:
        await engine.close()


async def check(engine: Engine, folder: Path, count: int = 3) -> Report:
    (folder / "shop.py").write_text("".join(FLAW.format(n=n) for n in range(count)))
    targets = await find_targets([folder], None, Ignored(()))
    return await Batch(engine, Nobody(), Memory()).run(targets, engine.settings.routing.review)


async def test_a_mistake_of_ours_is_reported_for_the_unit_and_costs_no_other(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with simulating(PRECISE) as precise, engine_for((PRECISE, precise)) as engine:
        review = Engine.review

        async def break_once(*_arguments: object, **_more: object) -> object:
            monkeypatch.setattr(Engine, "review", review)
            raise ValueError("def secret(): ...")

        monkeypatch.setattr(Engine, "review", break_once)
        report = await check(engine, tmp_path)
        (problem,) = report.problems
        assert OUR_MISTAKE in problem.message
        assert "ValueError" in problem.message
        assert "secret" not in problem.message
        assert (report.stats.units, report.stats.reviewed) == (3, 2)


async def test_an_interrupt_while_the_servers_are_asked_begins_no_review(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with simulating(PRECISE) as precise, engine_for((PRECISE, precise)) as engine:
        (tmp_path / "shop.py").write_text(FLAW.format(n=1))
        batch, first_ready = Batch(engine, Nobody(), Memory()), engine.router.first_ready

        async def interrupted(modes: tuple[Mode, ...]) -> Routed:
            monkeypatch.undo()
            routed = await first_ready(modes)
            batch.stop("interrupted")
            return routed

        monkeypatch.setattr(engine.router, "first_ready", interrupted)
        report = await batch.run(await find_targets([tmp_path], None, Ignored(())), engine.settings.routing.review)
        assert report.stats.reviewed == 0
        assert [one.message for one in report.problems] == ["interrupted; 1 of 1 units have no verdict of a model"]


async def test_a_server_that_dies_in_the_middle_is_replaced_and_that_is_said(tmp_path: Path) -> None:
    dying = replace(PRECISE, faults=(Fault.HANG,))
    async with (
        simulating(dying) as precise,
        simulating(HYBRID) as hybrid,
        engine_for((PRECISE, precise), (HYBRID, hybrid)) as engine,
    ):
        report = await check(engine, tmp_path)
        assert report.problems == ()
        assert report.stats.reviewed == 3
        assert report.reviewer.startswith("hybrid (hybrid, ")
        assert {finding.state.value for finding in report.findings} == {"preliminary"}
        (note,) = report.notes
        assert note.endswith("hybrid reviewed instead")


async def test_a_server_that_dies_in_the_middle_and_nobody_else_leaves_the_candidates(tmp_path: Path) -> None:
    async with simulating(replace(PRECISE, faults=(Fault.HANG,))) as precise, engine_for((PRECISE, precise)) as engine:
        async with asyncio.timeout(20):
            report = await check(engine, tmp_path)
        (problem,) = report.problems
        assert problem.message.startswith("precise: ")
        assert problem.message.endswith("3 of 3 units have no verdict of a model")
        assert {finding.state.value for finding in report.findings} == {"candidate"}
