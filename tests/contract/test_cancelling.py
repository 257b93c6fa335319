"""Closing the stream aborts the work, whatever it is and however far it is."""

import asyncio
from collections.abc import Callable
from contextlib import aclosing

import pytest

from contract.asking import (
    CODE,
    PATIENCE_SECONDS,
    ask,
    endless,
    endless_hole,
    is_busy,
    read_until,
    start,
    until_free,
    whole,
)
from contract.targets import ENDLESS, Target, on, on_endless, on_running_and_filling
from qcn_lsp.backends.registry import create
from qcn_lsp.core.generation import Backend, Completed, GenerationRequest, InfillRequest, PromptProgress, TextDelta
from qcn_lsp.errors import BackendUnavailable

Request = GenerationRequest | InfillRequest
# Takes every server a while to read, and leaves room for the answer.
READING = f"{ENDLESS} {'value = other + 1 ' * 200}"


async def close_in_the_middle(target: Target, backend: Backend, request: Request) -> None:
    async with aclosing(start(backend, request)) as events:
        await read_until(events, TextDelta)
        assert await is_busy(target)
    assert await until_free(target)


async def cancel_the_reader(target: Target, backend: Backend, request: Request) -> None:
    begun = asyncio.Event()

    async def read() -> None:
        async for event in start(backend, request):
            if isinstance(event, TextDelta):
                begun.set()

    reader = asyncio.create_task(read())
    await begun.wait()
    reader.cancel()
    with pytest.raises(asyncio.CancelledError):
        await reader
    assert await until_free(target)


async def close_the_backend(target: Target, _backend: Backend, request: Request) -> None:
    backend = create(target.settings())
    events = start(backend, request)
    await read_until(events, TextDelta)
    await backend.close()
    with pytest.raises(BackendUnavailable, match="closed"):
        await read_until(events, Completed)
    assert await until_free(target)


WAYS = pytest.mark.parametrize("leave", [close_in_the_middle, cancel_the_reader, close_the_backend])
Leave = Callable[[Target, Backend, Request], "asyncio.Future[None]"]


@on_endless
@WAYS
async def test_leaving_an_answer_frees_the_slot(target: Target, backend: Backend, leave: Leave) -> None:
    await leave(target, backend, endless())


@on_running_and_filling
@WAYS
async def test_leaving_an_infill_frees_the_slot(target: Target, backend: Backend, leave: Leave) -> None:
    await leave(target, backend, endless_hole())


@on(lambda target: target.progress and not target.recorded)
async def test_closing_while_the_prompt_is_read_frees_the_slot(target: Target, backend: Backend) -> None:
    request = endless(READING)
    async with aclosing(backend.generate(request)) as events:
        await read_until(events, PromptProgress)
    assert await until_free(target)


@on_endless
async def test_cancelling_before_the_first_event_frees_the_slot(target: Target, backend: Backend) -> None:
    reading = asyncio.create_task(whole(backend, endless(READING)))
    async with asyncio.timeout(PATIENCE_SECONDS):
        while target.shows_reading and not await is_busy(target):
            pass
    reading.cancel()
    with pytest.raises(asyncio.CancelledError):
        await reading
    assert await until_free(target)
    # Whatever the server shows, it takes the next request.
    async with asyncio.timeout(PATIENCE_SECONDS):
        await whole(backend, ask(CODE, 2))


@on_endless
async def test_cancelling_a_queued_request_leaves_the_running_one_alone(target: Target, backend: Backend) -> None:
    async with aclosing(backend.generate(endless())) as running_one:
        await read_until(running_one, TextDelta)
        queued = asyncio.create_task(whole(backend, ask(CODE, 4)))
        # Long enough to arrive at the server, and much shorter than the answer it waits for.
        done, _ = await asyncio.wait({queued}, timeout=0.5)
        assert not done
        queued.cancel()
        with pytest.raises(asyncio.CancelledError):
            await queued
        await read_until(running_one, TextDelta)
        await read_until(running_one, TextDelta)
    assert await until_free(target)
    await whole(backend, ask(CODE, 2))
