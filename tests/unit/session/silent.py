"""A server that accepts requests and says nothing until a test lets it hang up."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, field


@dataclass(slots=True)
class Silent:
    """Accepts requests and says nothing until it hangs up."""

    base_url: str = ""
    asked: asyncio.Event = field(default_factory=asyncio.Event)
    requests: int = 0
    writers: set[asyncio.StreamWriter] = field(default_factory=set)

    async def accept(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        if await reader.readline():  # a plain connection, to see if anybody listens, is no request
            self.requests += 1
            self.asked.set()
            self.writers.add(writer)
            with suppress(ConnectionError):
                await reader.read()
            self.writers.discard(writer)
        writer.close()

    def hang_up(self) -> None:
        for writer in list(self.writers):
            writer.close()


@asynccontextmanager
async def silent() -> AsyncIterator[Silent]:
    server = Silent()
    async with await asyncio.start_server(server.accept, "127.0.0.1", 0) as listening:
        server.base_url = f"http://127.0.0.1:{listening.sockets[0].getsockname()[1]}/v1"
        yield server
        server.hang_up()
