"""Servers that go away, hang or come back in the moments when that is least convenient."""

import asyncio
from dataclasses import replace
from pathlib import Path

from qcn_lsp.config.settings import Mode
from qcn_lsp.errors import BackendUnavailable
from qcn_lsp.scheduling.health import FIRST_WAIT_SECONDS, Standing
from qcn_lsp.simulator.options import Fault
from servers.simulated import fast, simulating
from unit.session.silent import silent
from unit.session.test_routing import ALL, HOLE, engine_for, logging, requests, serving

PRECISE, HYBRID, NVFP4 = (fast(mode) for mode in ALL)


async def test_a_probe_goes_on_when_whoever_waited_for_it_gives_up() -> None:
    async with (
        silent() as hanging,
        simulating(HYBRID) as hybrid,
        engine_for({Mode.NVFP4: hanging.base_url, Mode.HYBRID: f"{hybrid}/v1"}) as bench,
    ):
        completion = asyncio.create_task(bench.engine.infill(HOLE, "here"))
        await hanging.asked.wait()
        completion.cancel()  # the next key came
        await asyncio.wait([completion])
        following = asyncio.create_task(bench.engine.infill(HOLE, "here"))
        await asyncio.sleep(0)
        hanging.hang_up()
        assert (await following).ready.name == "hybrid"
        assert hanging.requests == 1


async def test_a_server_that_is_down_and_hangs_does_not_hold_up_what_another_can_do() -> None:
    async with (
        silent() as hanging,
        simulating(HYBRID) as hybrid,
        engine_for({Mode.PRECISE: hanging.base_url, Mode.HYBRID: f"{hybrid}/v1"}) as bench,
    ):
        health = bench.engine.router.health("precise")
        health.failed(0, "precise: is loading its model")
        health.due = 0  # its time has come
        assert (await bench.review()).ready.name == "hybrid"
        assert len(hanging.writers) == 1  # it is still waited for, in the background


async def test_alone_a_server_that_was_down_is_waited_for() -> None:
    async with serving(PRECISE) as bench:
        bench.engine.router.health("precise").failed(0, "precise: is loading its model")
        bench.engine.router.health("precise").due = 0
        assert (await bench.review()).ready.name == "precise"


async def test_what_waits_in_the_queue_of_a_server_that_hangs_does_not_find_that_out_once_more(tmp_path: Path) -> None:
    hanging = logging(replace(PRECISE, faults=(Fault.HANG,)), tmp_path)
    async with serving(hanging, HYBRID) as bench:
        codes = [f"def f{number}(db):\n    return db.execute({number})\n" for number in range(3)]
        reviewed = await asyncio.gather(*(bench.review(code) for code in codes))
        assert {one.ready.name for one in reviewed} == {"hybrid"}
        assert requests(hanging) == 1


async def test_several_requests_that_die_with_their_server_are_one_failure() -> None:
    async with serving(replace(PRECISE, faults=(Fault.HANG,), slots=3), HYBRID) as bench:
        codes = [f"def f{number}(db):\n    return db.execute({number})\n" for number in range(3)]
        await asyncio.gather(*(bench.review(code) for code in codes))
        wait = bench.engine.router.next_probe((Mode.PRECISE,))
        assert wait is not None
        assert wait <= FIRST_WAIT_SECONDS


async def test_a_server_thought_gone_that_serves_after_all_has_come_up() -> None:
    async with serving(PRECISE) as bench:
        await bench.review()
        returned = list[Mode]()
        bench.engine.router.came_up = returned.append
        bench.engine.router.failed("precise", BackendUnavailable("precise", "closed the connection"))
        assert bench.standing(Mode.PRECISE) is Standing.DOWN
        bench.engine.router.served("precise")
        bench.engine.router.served("precise")
        assert returned == [Mode.PRECISE]
