"""The shell around the queues gives every slot back, and only when the stream is closed."""

import asyncio

import pytest

from qcn_lsp.errors import BadAnswer, Dropped
from qcn_lsp.scheduling.queue import Priority
from qcn_lsp.scheduling.scheduler import CLOSE_SECONDS, Scheduler

REVIEW, COMPLETION = Priority.VISIBLE_REVIEW, Priority.COMPLETION


class Server:
    """A backend with one slot: notes what happens in it."""

    def __init__(self) -> None:
        self.scheduler = Scheduler()
        self.seen: list[str] = []
        self.begun = asyncio.Event()
        self.in_the_slot = 0

    async def work(self, name: str, until: asyncio.Event | None = None) -> str:
        self.in_the_slot += 1
        assert self.in_the_slot == 1
        self.seen.append(name)
        self.begun.set()
        try:
            if until:
                await until.wait()
        except asyncio.CancelledError:
            await asyncio.sleep(0)  # closing a stream takes a moment
            self.seen.append(f"{name} closed")
            raise
        finally:
            self.in_the_slot -= 1
        return name

    def start(
        self, name: str, priority: Priority = REVIEW, until: asyncio.Event | None = None, key: str = ""
    ) -> asyncio.Task[str]:
        run = self.scheduler.run("precise", 1, priority, lambda: self.work(name, until), key)
        return asyncio.create_task(run)

    async def start_running(self, name: str, until: asyncio.Event, key: str = "") -> asyncio.Task[str]:
        task = self.start(name, REVIEW, until, key)
        await self.begun.wait()
        return task

    def idle(self) -> bool:
        return self.scheduler.running("precise") == self.scheduler.waiting("precise") == 0


async def settled() -> None:
    for _ in range(10):
        await asyncio.sleep(0)


async def test_a_cancelled_owner_and_a_cancelled_waiter_give_their_places_back() -> None:
    server, never = Server(), asyncio.Event()
    first = await server.start_running("first", never)
    second, third = server.start("second"), server.start("third")
    await settled()
    assert server.scheduler.waiting("precise") == 2
    second.cancel()
    first.cancel()
    assert await third == "third"
    assert server.seen == ["first", "first closed", "third"]
    await settled()
    assert server.idle()


async def test_a_completion_interrupts_a_review_which_then_begins_again() -> None:
    server, enough = Server(), asyncio.Event()
    review = await server.start_running("review", enough)
    assert await server.start("completion", COMPLETION) == "completion"
    enough.set()
    assert await review == "review"
    assert server.seen == ["review", "review closed", "completion", "review"]


async def test_newer_work_about_the_same_thing_drops_the_older() -> None:
    server, never = Server(), asyncio.Event()
    running = await server.start_running("running", never, key="a")
    newer = server.start("newer", key="a")
    with pytest.raises(Dropped):
        await running
    assert await newer == "newer"
    assert server.seen == ["running", "running closed", "newer"]


async def test_an_owner_cancelled_between_its_turn_and_its_beginning_leaves_no_slot_taken() -> None:
    server, enough = Server(), asyncio.Event()
    first = await server.start_running("first", enough)
    never = server.start("never")
    await settled()
    (running,) = server.scheduler._tasks
    running.add_done_callback(lambda _: never.cancel())  # right after the slot was given on
    enough.set()
    assert await first == "first"
    with pytest.raises(asyncio.CancelledError):
        await never
    assert await server.start("next") == "next"
    assert server.seen == ["first", "next"]


async def test_work_that_was_given_its_turn_gives_way_before_it_begins() -> None:
    server, enough = Server(), asyncio.Event()
    first = await server.start_running("first", enough)
    review = server.start("review")
    await settled()
    (running,) = server.scheduler._tasks
    queue = server.scheduler._queues["precise"]

    def overtake(_: object) -> None:
        ticket, actions = queue.submit(COMPLETION)
        server.scheduler._act("precise", actions)
        assert queue.running == queue.waiting == 1
        server.scheduler._act("precise", queue.finish(ticket, done=True))

    running.add_done_callback(overtake)
    enough.set()
    assert await first == "first"
    assert await review == "review"
    await settled()
    assert server.idle()


async def test_what_the_work_raises_comes_out_and_frees_the_slot() -> None:
    server = Server()

    async def fail() -> str:
        raise BadAnswer("precise", "broke off")

    with pytest.raises(BadAnswer):
        await server.scheduler.run("precise", 1, REVIEW, fail)
    assert await server.start("next") == "next"


async def test_work_that_is_cancelled_from_within_does_not_wait_for_ever() -> None:
    server = Server()

    async def give_up() -> str:
        raise asyncio.CancelledError

    with pytest.raises(asyncio.CancelledError):
        await server.scheduler.run("precise", 1, REVIEW, give_up)
    assert server.idle()


async def test_backends_do_not_wait_for_each_other() -> None:
    server, never = Server(), asyncio.Event()
    review = await server.start_running("review", never)

    async def other() -> str:
        return "other"

    assert await server.scheduler.run("hybrid", 1, REVIEW, other) == "other"
    review.cancel()


async def test_closing_closes_streams_and_drops_what_waits() -> None:
    server, never = Server(), asyncio.Event()
    tasks = [await server.start_running("running", never), server.start("waiting")]
    await settled()
    await server.scheduler.close()
    assert server.seen == ["running", "running closed"]
    for task in (*tasks, server.start("later")):
        with pytest.raises(Dropped):
            await task
    assert server.idle()


async def test_after_closing_no_backend_is_used_not_even_one_that_never_was() -> None:
    server = Server()
    await server.scheduler.close()
    with pytest.raises(Dropped):
        await server.start("first")
    assert server.seen == []


async def test_closing_does_not_wait_for_a_stream_that_will_not_close() -> None:
    assert CLOSE_SECONDS <= 1
    scheduler, begun, release = Scheduler(), asyncio.Event(), asyncio.Event()

    async def stubborn() -> None:
        begun.set()
        while not release.is_set():
            try:
                await release.wait()
            except asyncio.CancelledError:
                continue

    task = asyncio.create_task(scheduler.run("precise", 1, REVIEW, stubborn))
    await begun.wait()
    await scheduler.close()
    assert scheduler.running("precise") == 1
    release.set()
    await asyncio.wait([task])
