"""Standard input and output as asyncio streams.

The event loop reads and writes the pipes itself: no thread hand-over for each line of a message, and a client that does
not read cannot block the server.
"""

import asyncio
import os
import sys
from typing import BinaryIO, Protocol

_READ_AHEAD = 1 << 16


class Reader(Protocol):
    """What messages are read from."""

    async def readline(self) -> bytes:
        """One line with its end, empty at the end of input."""
        ...

    async def readexactly(self, n: int) -> bytes:
        """Exactly n bytes.

        Raises:
            asyncio.IncompleteReadError: The input ended before.
        """
        ...


class Writer(Protocol):
    """What messages are written to."""

    def write(self, data: bytes) -> None:
        """Takes bytes without waiting for them to arrive."""

    def close(self) -> None:
        """Closes once everything is written."""


class PipeWriter:
    """What messages are written to, without waiting.

    Args:
        transport: The pipe.
        other: The pipe messages are read from, which is closed along with it.
    """

    def __init__(self, transport: asyncio.WriteTransport, other: asyncio.ReadTransport) -> None:
        self._transport = transport
        self._other = other

    def write(self, data: bytes) -> None:
        """Queues bytes."""
        if not self._transport.is_closing():
            self._transport.write(data)

    def close(self) -> None:
        """Closes once everything is written."""
        self._transport.close()
        self._other.close()


class _Writing(asyncio.Protocol):
    """A write pipe's protocol: the transport keeps what is not written yet."""


class _ThreadReader:
    """Standard input where the loop cannot read it: a file, or Windows."""

    def __init__(self, stream: BinaryIO) -> None:
        self._stream = stream

    async def readline(self) -> bytes:
        return await asyncio.to_thread(self._stream.readline)

    async def readexactly(self, n: int) -> bytes:
        data = await asyncio.to_thread(self._stream.read, n)
        if len(data) < n:
            raise asyncio.IncompleteReadError(data, n)
        return data


class _FlushingWriter:
    def __init__(self, stream: BinaryIO) -> None:
        self._stream = stream

    def write(self, data: bytes) -> None:
        self._stream.write(data)
        self._stream.flush()

    def close(self) -> None:
        self._stream.flush()


async def connect() -> tuple[Reader, Writer]:
    """The two ends of the conversation.

    Standard output is then pointed at standard error, so that a stray print cannot break the protocol.
    """
    loop = asyncio.get_running_loop()
    source, target = sys.stdin.buffer, os.fdopen(os.dup(sys.stdout.fileno()), "wb", buffering=0)
    os.dup2(sys.stderr.fileno(), sys.stdout.fileno())
    try:
        reader = asyncio.StreamReader(_READ_AHEAD)
        reading, _ = await loop.connect_read_pipe(lambda: asyncio.StreamReaderProtocol(reader), source)
        writing, _ = await loop.connect_write_pipe(_Writing, target)
    except (ValueError, NotImplementedError, OSError):
        return _ThreadReader(source), _FlushingWriter(target)
    return reader, PipeWriter(writing, reading)
