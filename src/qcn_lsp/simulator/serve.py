"""Runs a simulated server until it is told to stop."""

import asyncio
import contextlib
import os
import signal
import socket

from aiohttp import web

from qcn_lsp.config.settings import ServerKind
from qcn_lsp.errors import ConfigError
from qcn_lsp.simulator.app import build_app
from qcn_lsp.simulator.options import Fault, Options

# Nobody waits for answers of a simulator that is being stopped.
_SHUTDOWN_SECONDS = 0.2


async def serve(options: Options, host: str, port: int) -> None:
    """Listens, says so in one line on stdout, and returns after SIGTERM or SIGINT.

    Args:
        options: What to be.
        host: Address to listen on.
        port: 0 for any free one.

    Raises:
        ConfigError: The address cannot be listened on, or the log cannot be written.
    """
    stop = asyncio.Event()
    for signal_number in (signal.SIGTERM, signal.SIGINT):
        # Windows' event loop has no signal handlers; there, Ctrl+C ends the process as usual.
        with contextlib.suppress(NotImplementedError):
            asyncio.get_running_loop().add_signal_handler(signal_number, stop.set)
    bound = _bind(host, port)
    if Fault.REFUSE in options.faults:
        address = bound.getsockname()[1]
        bound.close()
        _announce(options, host, address)
        await stop.wait()
        return
    runner = web.AppRunner(build_app(options), access_log=None, shutdown_timeout=_SHUTDOWN_SECONDS)
    try:
        await runner.setup()
        # vLLM listens only when it has loaded its model; until then connections are refused.
        unheard = options.load_seconds if options.published.server is ServerKind.VLLM else 0.0
        if unheard:
            _announce(options, host, bound.getsockname()[1])
            with contextlib.suppress(TimeoutError):
                await asyncio.wait_for(stop.wait(), unheard)
        if not stop.is_set():
            await web.SockSite(runner, bound).start()
        if not unheard:
            _announce(options, host, bound.getsockname()[1])
        await stop.wait()
    finally:
        await runner.cleanup()
        bound.close()


def _bind(host: str, port: int) -> socket.socket:
    """Takes the port without listening yet: connections are refused."""
    try:
        family = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)[0][0]
        bound = socket.socket(family, socket.SOCK_STREAM)
        try:
            if os.name == "posix":
                bound.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            bound.bind((host, port))
        except OSError:
            bound.close()
            raise
    except OSError as error:
        raise ConfigError(f"cannot listen on {host}:{port} ({error.strerror}); choose another --port") from error
    return bound


def _announce(options: Options, host: str, port: int) -> None:
    shown = f"[{host}]" if ":" in host else host
    line = (
        f"simulated {options.published.mode} server on http://{shown}:{port}/v1 (this is a simulator, no model answers)"
    )
    print(line, flush=True)  # noqa: T201 - the line is the command's output
