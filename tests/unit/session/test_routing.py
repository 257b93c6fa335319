"""Which backend does the work, and what happens when one fails. All servers here are simulators."""

from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, field, replace
from pathlib import Path

import pytest

from qcn_lsp.config.published import PUBLISHED
from qcn_lsp.config.settings import BackendSettings, Mode, RoutingSettings, ServerKind, Settings
from qcn_lsp.core.document import Document
from qcn_lsp.core.finding import FindingState
from qcn_lsp.core.generation import InfillRequest
from qcn_lsp.core.unit import Unit
from qcn_lsp.errors import BackendError, BackendUnavailable, BadAnswer, ContextOverflow
from qcn_lsp.review.outcome import UnitReview
from qcn_lsp.scheduling.health import BAD_ANSWERS, Standing
from qcn_lsp.session.engine import Engine
from qcn_lsp.session.router import PassedOver, Ready
from qcn_lsp.session.snapshot import Snapshot, take_snapshot
from qcn_lsp.session.watch import Progress, Reviewed
from qcn_lsp.simulator.options import Fault, Options
from servers.simulated import fast, simulating

ALL = (Mode.PRECISE, Mode.HYBRID, Mode.NVFP4)
CODE = "def find(db, name):\n    return db.execute(f\"SELECT * FROM users WHERE name = '{name}'\")\n"
HOLE = InfillRequest("def add(one, other):\n    return ", "\n", max_tokens=8)
NOBODY = "http://127.0.0.1:9/v1"


@dataclass(slots=True)
class Watching:
    passed: list[tuple[str, str, str]] = field(default_factory=list)
    backends: list[str] = field(default_factory=list)

    def progress(self, progress: Progress) -> None:
        if progress.backend not in self.backends[-1:]:
            self.backends.append(progress.backend)

    def passed_over(self, passed: PassedOver, ready: Ready) -> None:
        self.passed.append((passed.backend, passed.reason, ready.name))

    def partial(self, unit: Unit, review: UnitReview) -> None: ...


@dataclass(slots=True)
class Bench:
    """An engine before three simulators, each of which may be missing."""

    engine: Engine
    watch: Watching = field(default_factory=Watching)

    async def review(self, code: str = CODE, modes: tuple[Mode, ...] = ALL) -> Reviewed:
        snapshot = await self.snapshot(code)
        return await self.engine.review(snapshot, snapshot.units[0], self.watch, modes)

    async def snapshot(self, code: str) -> Snapshot:
        document = Document("file:///shop/a.py", "a.py", "python", code, 0, Path("/shop"))
        return await take_snapshot(document, analyze=self.engine.analyzers.analyze)

    def standing(self, mode: Mode) -> Standing:
        return self.engine.router.health(mode.value).standing


@asynccontextmanager
async def serving(*servers: Options, routing: RoutingSettings | None = None) -> AsyncIterator[Bench]:
    async with AsyncExitStack() as stack:
        addresses = {one.published.mode: await stack.enter_async_context(simulating(one)) for one in servers}
        bases = {mode: f"{addresses[mode]}/v1" if mode in addresses else NOBODY for mode in ALL}
        async with engine_for(bases, routing) as bench:
            yield bench


@asynccontextmanager
async def engine_for(bases: dict[Mode, str], routing: RoutingSettings | None = None) -> AsyncIterator[Bench]:
    backends = tuple(BackendSettings(mode.value, mode, PUBLISHED[mode].server, base) for mode, base in bases.items())
    bench = Bench(Engine(Settings(backends, routing or RoutingSettings()), silence_limit_seconds=0.5))
    try:
        yield bench
    finally:
        await bench.engine.close()


PRECISE, HYBRID, NVFP4 = (fast(mode) for mode in ALL)


def logging(options: Options, folder: Path) -> Options:
    return replace(options, log=folder / f"{options.published.mode}.jsonl")


def requests(options: Options) -> int:
    return len(options.log.read_text().splitlines()) if options.log and options.log.exists() else 0


async def test_reviews_go_to_precise_and_completions_to_a_fast_one() -> None:
    async with serving(PRECISE, HYBRID, NVFP4) as bench:
        reviewed = await bench.review()
        assert reviewed.ready.name == "precise"
        assert {flaw.state for flaw in reviewed.review.flaws} == {FindingState.VERIFIED}
        assert bench.watch.passed == []
        assert (await bench.engine.infill(HOLE, "here")).ready.name == "nvfp4"


async def test_without_precise_a_lesser_one_reviews_and_says_what_it_is_worth() -> None:
    async with serving(HYBRID, NVFP4) as bench:
        reviewed = await bench.review()
        assert reviewed.ready.name == "hybrid"
        assert {(flaw.state, flaw.backend) for flaw in reviewed.review.flaws} == {(FindingState.PRELIMINARY, "hybrid")}
        assert bench.watch.passed == [("precise", f"precise: nothing answers at {NOBODY}", "hybrid")]


async def test_nobody_at_all_is_an_error_that_names_the_last_one() -> None:
    async with serving() as bench:
        with pytest.raises(BackendUnavailable, match="nvfp4: nothing answers at"):
            await bench.review()
        with pytest.raises(BackendUnavailable, match="nothing answers at"):
            await bench.engine.infill(HOLE, "here")


async def test_a_completion_needs_a_server_that_can_fill_in_the_middle() -> None:
    async with simulating(HYBRID) as hybrid, simulating(NVFP4) as nvfp4:
        settings = Settings(
            (
                BackendSettings("plain", Mode.NVFP4, ServerKind.OPENAI, f"{nvfp4}/v1", ctx=32768),
                BackendSettings("hybrid", Mode.HYBRID, ServerKind.IK_LLAMA_CPP, f"{hybrid}/v1"),
            )
        )
        engine = Engine(settings)
        try:
            assert (await engine.infill(HOLE, "here")).ready.name == "hybrid"
        finally:
            await engine.close()


@pytest.mark.parametrize("fault", [Fault.SERVER_ERROR, Fault.GARBAGE, Fault.CUT, Fault.MIDSTREAM])
async def test_an_unusable_answer_is_asked_for_twice_then_elsewhere(fault: Fault, tmp_path: Path) -> None:
    faulty = logging(replace(PRECISE, faults=(fault,)), tmp_path)
    async with serving(faulty, HYBRID) as bench:
        reviewed = await bench.review()
        assert reviewed.ready.name == "hybrid"
        assert requests(faulty) == 2
        assert bench.standing(Mode.PRECISE) is Standing.UP
        ((backend, reason, instead),) = bench.watch.passed
        assert (backend, instead) == ("precise", "hybrid")
        assert reason.startswith("precise: ")


async def test_a_server_that_keeps_answering_badly_is_left_alone_for_a_while(tmp_path: Path) -> None:
    faulty = logging(replace(PRECISE, faults=(Fault.GARBAGE,)), tmp_path)
    async with serving(faulty, HYBRID) as bench:
        for _ in range(4):
            assert (await bench.review()).ready.name == "hybrid"
        assert bench.standing(Mode.PRECISE) is Standing.DOWN
        assert requests(faulty) == BAD_ANSWERS


async def test_a_server_that_accepts_and_never_answers_loses_the_review_to_another() -> None:
    async with serving(replace(PRECISE, faults=(Fault.HANG,)), HYBRID) as bench:
        reviewed = await bench.review()
        assert reviewed.ready.name == "hybrid"
        assert "sent nothing for 0.5 s" in bench.watch.passed[0][1]
        assert bench.standing(Mode.PRECISE) is Standing.DOWN


@pytest.mark.parametrize("options", [PRECISE, HYBRID, NVFP4], ids=ALL)
async def test_an_overflow_is_packed_smaller_and_asked_once_more(options: Options, tmp_path: Path) -> None:
    faulty = logging(replace(options, faults=(Fault.OVERFLOW,)), tmp_path)
    async with serving(faulty) as bench:
        with pytest.raises(ContextOverflow):
            await bench.review(modes=(options.published.mode,))
        assert requests(faulty) == 2


@pytest.mark.parametrize("options", [PRECISE, HYBRID, NVFP4], ids=ALL)
async def test_a_server_restarted_with_a_smaller_context_still_reviews(options: Options) -> None:
    mode = options.published.mode
    long = CODE + "".join(f"    value_{n} = other_{n}(name, {n})\n" for n in range(180))
    async with AsyncExitStack() as first:
        address = await first.enter_async_context(simulating(options))
        async with engine_for({mode: f"{address}/v1"}) as bench:
            await bench.review(long, (mode,))
            await first.aclose()
            async with simulating(replace(options, ctx=2500), port=int(address.rpartition(":")[2])):
                reviewed = await bench.review(long, (mode,))
            assert reviewed.review.complete
            assert reviewed.ready.info.ctx <= 2500


async def test_a_unit_too_long_for_precise_goes_whole_to_one_with_a_larger_context() -> None:
    long = CODE + "".join(f"    value_{n} = other_{n}(name, {n})\n" for n in range(180))
    async with serving(replace(PRECISE, ctx=2500), HYBRID) as bench:
        assert (await bench.review(CODE)).ready.name == "precise"
        assert (await bench.review(long)).ready.name == "hybrid"
        assert bench.watch.passed == []
    async with serving(replace(PRECISE, ctx=2500)) as bench:
        reviewed = await bench.review(long)
        assert reviewed.ready.name == "precise"  # in pieces, since nobody takes it whole
        assert reviewed.review.complete


async def test_a_line_too_long_to_be_asked_about_is_found_out_before_anything_is_asked(tmp_path: Path) -> None:
    long = (
        CODE + "".join(f"    value_{n} = other_{n}(name, {n})\n" for n in range(180)) + f"    x = '{'4f!x' * 2500}'\n"
    )
    small = logging(replace(PRECISE, ctx=2500), tmp_path)
    async with serving(small) as bench:
        with pytest.raises(ContextOverflow, match="context of 2500 tokens; start the server with a larger one"):
            await bench.review(long, (Mode.PRECISE,))
        assert requests(small) == 0


async def test_one_that_fails_while_it_works_is_asked_again_when_it_is_back() -> None:
    async with AsyncExitStack() as first:
        address = await first.enter_async_context(simulating(PRECISE))
        async with simulating(HYBRID) as hybrid:
            bases = {Mode.PRECISE: f"{address}/v1", Mode.HYBRID: f"{hybrid}/v1"}
            async with engine_for(bases) as bench:
                returned = list[Mode]()
                bench.engine.router.came_up = returned.append
                assert (await bench.review()).ready.name == "precise"
                await first.aclose()
                assert (await bench.review()).ready.name == "hybrid"
                assert bench.engine.router.next_probe((Mode.PRECISE,)) is not None
                assert bench.engine.router.next_probe((Mode.HYBRID,)) is None
                async with simulating(PRECISE, port=int(address.rpartition(":")[2])):
                    bench.engine.router.health("precise").due = 0.0  # its time has come
                    await bench.engine.router.probe_due((Mode.PRECISE,))
                    assert returned == [Mode.PRECISE, Mode.HYBRID, Mode.PRECISE]
                    assert (await bench.review()).ready.name == "precise"


async def test_a_refused_key_is_said_without_the_key(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("QCN_TEST_KEY", "sk-very-secret")
    async with simulating(replace(PRECISE, api_key="another")) as address:
        settings = BackendSettings(
            "precise", Mode.PRECISE, ServerKind.LLAMA_CPP, f"{address}/v1", api_key_env="QCN_TEST_KEY"
        )
        bench = Bench(Engine(Settings((settings,))))
        with pytest.raises(BackendError) as refused:
            await bench.review(modes=(Mode.PRECISE,))
        await bench.engine.close()
    assert "refused the key" in str(refused.value)
    assert "QCN_TEST_KEY" in str(refused.value)
    assert "very-secret" not in str(refused.value)


async def test_answers_in_no_agreed_format_are_never_shown() -> None:
    async with serving(replace(PRECISE, faults=(Fault.LINES,))) as bench:
        reviewed = await bench.review(modes=(Mode.PRECISE,))
        assert reviewed.review.flaws == ()
        assert reviewed.review.rejected > 0
    with pytest.raises(BadAnswer):
        async with serving(replace(PRECISE, faults=(Fault.GARBAGE,))) as bench:
            await bench.review(modes=(Mode.PRECISE,))
