"""A simulator inside the test's own event loop: starts in milliseconds."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from aiohttp import web

from qcn_lsp.simulator.app import build_app
from qcn_lsp.simulator.options import Options
from qcn_lsp.simulator.profiles import PROFILES
from qcn_lsp.simulator.script_file import load_script

FAST = Options(profile=PROFILES["precise"], script=load_script(None), ctx=PROFILES["precise"].ctx, speed=0)


@asynccontextmanager
async def simulating(options: Options = FAST) -> AsyncIterator[str]:
    """Serves until the block ends; yields the address without `/v1`."""
    runner = web.AppRunner(build_app(options), access_log=None, shutdown_timeout=0.1)
    await runner.setup()
    try:
        site = web.TCPSite(runner, "127.0.0.1", 0)
        await site.start()
        host, port = runner.addresses[0][:2]
        yield f"http://{host}:{port}"
    finally:
        await runner.cleanup()
