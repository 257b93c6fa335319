"""The simulators of the review benchmark: faster than published, and counting seconds at the published speeds."""

from collections.abc import AsyncIterator, Sequence
from contextlib import AsyncExitStack, asynccontextmanager

from aiohttp import web

from qcn_lsp.config.published import PUBLISHED
from qcn_lsp.config.settings import BackendSettings, Mode
from qcn_lsp.simulator.app import build_app
from qcn_lsp.simulator.options import Options
from qcn_lsp.simulator.script_file import load_script

SPEED = 10.0
"""How many times faster: enough not to wait, and not so much that the slow one overtakes the fast one."""


@asynccontextmanager
async def simulated(modes: Sequence[Mode]) -> AsyncIterator[dict[Mode, BackendSettings]]:
    """Serves until the block ends."""
    async with AsyncExitStack() as stack:
        yield {mode: await stack.enter_async_context(_serving(mode)) for mode in modes}


@asynccontextmanager
async def _serving(mode: Mode) -> AsyncIterator[BackendSettings]:
    published = PUBLISHED[mode]
    options = Options(
        published, script=load_script(None), ctx=published.ctx, speed=SPEED, batch=512, prompt_tokens_details=True
    )
    runner = web.AppRunner(build_app(options), access_log=None, shutdown_timeout=0.1)
    await runner.setup()
    try:
        await web.TCPSite(runner, "127.0.0.1", 0).start()
        host, port = runner.addresses[0][:2]
        yield BackendSettings(mode.value, mode, published.server, f"http://{host}:{port}/v1")
    finally:
        await runner.cleanup()
