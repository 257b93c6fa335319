"""Runs a simulated server until it is told to stop."""

import asyncio
import contextlib
import signal
import socket

from aiohttp import web

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
    for number in (signal.SIGTERM, signal.SIGINT):
        # Windows' event loop has no signal handlers; there, Ctrl+C ends the process as usual.
        with contextlib.suppress(NotImplementedError):
            asyncio.get_running_loop().add_signal_handler(number, stop.set)
    listening = _listen(host, port)
    bound = listening.getsockname()[1]
    if options.fault is Fault.REFUSE:
        listening.close()
        _announce(options, host, bound)
        await stop.wait()
        return
    runner = web.AppRunner(build_app(options), access_log=None, shutdown_timeout=_SHUTDOWN_SECONDS)
    try:
        await runner.setup()
        await web.SockSite(runner, listening).start()
        _announce(options, host, bound)
        await stop.wait()
    finally:
        await runner.cleanup()


def _listen(host: str, port: int) -> socket.socket:
    try:
        family = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)[0][0]
        return socket.create_server((host, port), family=family)
    except OSError as error:
        raise ConfigError(f"cannot listen on {host}:{port} ({error.strerror}); choose another --port") from error


def _announce(options: Options, host: str, port: int) -> None:
    shown = f"[{host}]" if ":" in host else host
    line = (
        f"simulated {options.profile.mode} server on http://{shown}:{port}/v1 (this is a simulator, no model answers)"
    )
    print(line, flush=True)  # noqa: T201 - the line is the command's output
