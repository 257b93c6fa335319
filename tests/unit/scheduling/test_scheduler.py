"""The shell around the slots gives every slot back."""

import asyncio

from qcn_lsp.scheduling.scheduler import Scheduler
from qcn_lsp.scheduling.slots import Priority


async def test_a_cancelled_holder_and_a_cancelled_waiter_give_their_places_back() -> None:
    scheduler, order = Scheduler(), list[str]()
    holding = asyncio.Event()

    async def work(name: str, until: asyncio.Event | None = None) -> None:
        async with scheduler.slot("precise", 1, Priority.VISIBLE_REVIEW):
            order.append(name)
            holding.set()
            if until:
                await until.wait()

    never = asyncio.Event()
    first = asyncio.create_task(work("first", never))
    await holding.wait()
    second, third = asyncio.create_task(work("second")), asyncio.create_task(work("third"))
    await asyncio.sleep(0)
    assert scheduler.waiting("precise") == 2
    second.cancel()
    first.cancel()
    await third
    assert order == ["first", "third"]
    assert scheduler.waiting("precise") == 0


async def test_backends_do_not_wait_for_each_other() -> None:
    scheduler = Scheduler()
    async with (
        scheduler.slot("precise", 1, Priority.VISIBLE_REVIEW),
        scheduler.slot("hybrid", 1, Priority.VISIBLE_REVIEW),
    ):
        assert scheduler.waiting("precise") == scheduler.waiting("hybrid") == 0
