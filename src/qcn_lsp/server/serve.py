"""Runs the server until the editor ends it, or is gone."""

import asyncio
import logging
import threading

from pygls.io_ import run_async

from qcn_lsp.server.language_server import LanguageServer
from qcn_lsp.server.methods.register import register
from qcn_lsp.server.stdio import Reader, Writer, connect

_SECONDS_TO_SHUT_DOWN = 1.0


def serve_stdio(user_config: str | None = None) -> int:
    """Serves one editor on standard input and output.

    Returns:
        The exit code: 0 after `shutdown` and `exit`, 1 if the editor left without.
    """
    _quiet_pygls()

    async def serve() -> int:
        reader, writer = await connect()
        return await _converse(user_config, reader, writer)

    return asyncio.run(serve())


def serve_tcp(host: str, port: int, user_config: str | None = None) -> int:
    """Serves one editor on a TCP connection, then ends.

    Returns:
        The exit code, as `serve_stdio`.
    """
    _quiet_pygls()

    async def serve() -> int:
        connected: asyncio.Future[tuple[asyncio.StreamReader, asyncio.StreamWriter]] = asyncio.Future()

        def accept(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
            if connected.done():
                writer.close()  # one editor at a time: findings of one must not reach another
            else:
                connected.set_result((reader, writer))

        async with await asyncio.start_server(accept, host, port) as listener:
            address = listener.sockets[0].getsockname()
            print(f"qcn-lsp listens on {address[0]}:{address[1]}", flush=True)  # noqa: T201 — who starts it waits for it
            reader, writer = await connected
            return await _converse(user_config, reader, writer)

    return asyncio.run(serve())


async def _converse(user_config: str | None, reader: Reader, writer: Writer) -> int:
    ls = LanguageServer(user_config)
    register(ls)
    ls.protocol.set_writer(writer)
    ls.protocol.stopped = stopped = asyncio.Event()
    reading = asyncio.create_task(_read(ls, reader))
    waiting = asyncio.create_task(stopped.wait())
    await asyncio.wait([reading, waiting], return_when=asyncio.FIRST_COMPLETED)
    ls.protocol.stop(1)  # the input ended without `exit`; keeps an earlier code
    for task in (reading, waiting):
        task.cancel()
    await asyncio.wait([reading, waiting])
    if ls.has_session:
        await asyncio.wait([asyncio.create_task(ls.session.shut_down())], timeout=_SECONDS_TO_SHUT_DOWN)
    writer.close()
    return ls.protocol.exit_code or 0


async def _read(ls: LanguageServer, reader: Reader) -> None:
    try:
        await run_async(threading.Event(), reader, ls.protocol, error_handler=ls.report_server_error)
    except (asyncio.IncompleteReadError, ConnectionError):
        return  # the client broke off inside a message


def _quiet_pygls() -> None:
    """Keeps source text out of the log: pygls logs whole messages. Our own sentences pass."""
    logging.basicConfig(level=logging.WARNING, format="qcn-lsp: %(message)s")
    for name in ("pygls", "asyncio"):
        logging.getLogger(name).setLevel(logging.CRITICAL)
