"""A simulator inside the test's own event loop, which starts in milliseconds, and what its tests need to look at it."""

import asyncio
import json
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

from aiohttp import ClientSession, ClientTimeout, web

from qcn_lsp.config.published import PUBLISHED
from qcn_lsp.config.settings import Mode
from qcn_lsp.simulator.app import build_app
from qcn_lsp.simulator.options import Options
from qcn_lsp.simulator.script_file import load_script

PATIENCE_SECONDS = 20.0


def fast(mode: Mode) -> Options:
    """A simulator of a mode that does not wait."""
    published = PUBLISHED[mode]
    return Options(published, script=load_script(None), ctx=published.ctx, speed=0)


FAST, FAST_HYBRID, FAST_NVFP4 = fast(Mode.PRECISE), fast(Mode.HYBRID), fast(Mode.NVFP4)


@asynccontextmanager
async def simulating(options: Options = FAST, port: int = 0) -> AsyncIterator[str]:
    """Serves until the block ends, on any free port unless one is given; yields the address without `/v1`."""
    runner = web.AppRunner(build_app(options), access_log=None, shutdown_timeout=0.1)
    await runner.setup()
    try:
        site = web.TCPSite(runner, "127.0.0.1", port)
        await site.start()
        host, port = runner.addresses[0][:2]
        yield f"http://{host}:{port}"
    finally:
        await runner.cleanup()


@asynccontextmanager
async def talking(options: Options = FAST) -> AsyncIterator[ClientSession]:
    """A client of a simulator, without any wait limit of its own but `PATIENCE_SECONDS`."""
    async with simulating(options) as root, ClientSession(root, timeout=ClientTimeout(PATIENCE_SECONDS)) as client:
        yield client


async def post(client: ClientSession, path: str, body: object) -> Any:
    """The JSON that a request is answered with."""
    async with client.post(path, json=body) as answer:
        return json.loads(await answer.text())


async def get(client: ClientSession, path: str) -> Any:
    """The JSON of an endpoint."""
    async with client.get(path) as answer:
        return json.loads(await answer.text())


def events(stream: str, *, done: bool = True) -> list[Any]:
    """The JSON of an event stream, which ends with `[DONE]` or does not."""
    blocks = [block.removeprefix("data: ") for block in stream.strip().split("\n\n")]
    assert (blocks[-1] == "[DONE]") == done
    return [json.loads(block) for block in (blocks[:-1] if done else blocks)]


def shape(value: object) -> object:
    """The keys of nested objects, without the values."""
    if isinstance(value, dict):
        return {key: shape(inner) for key, inner in value.items()}
    return [shape(inner) for inner in value] if isinstance(value, list) else None


def collapsed(shapes: list[object]) -> list[object]:
    """Each run of equal shapes as one."""
    return [one for index, one in enumerate(shapes) if index == 0 or one != shapes[index - 1]]


def logged(log: Path) -> list[dict[str, Any]]:
    """The records of a request log."""
    return [json.loads(line) for line in log.read_text().splitlines()] if log.exists() else []


async def until(condition: Callable[[], Awaitable[bool]]) -> None:
    """Asks again and again; fails after `PATIENCE_SECONDS`."""
    async with asyncio.timeout(PATIENCE_SECONDS):
        while not await condition():  # noqa: ASYNC110 - it is the server that changes
            await asyncio.sleep(0.01)
