"""The event stream of one answer."""

from collections.abc import Iterable

from aiohttp import web

from qcn_lsp.simulator.dialect import Json, Manners, dumps


class Left(Exception):
    """The client has closed the connection."""


def stay(request: web.Request) -> None:
    """Looks for the client.

    Raises:
        Left: It is gone.
    """
    if gone(request):
        raise Left


def gone(request: web.Request) -> bool:
    """Whether the client has left."""
    transport = request.transport
    return transport is None or transport.is_closing()


class EventStream:
    """Sends the headers when told to, or else with the first event."""

    def __init__(self, request: web.Request, manners: Manners) -> None:
        self._request = request
        self.response = web.StreamResponse(headers=manners.stream_headers)

    async def open(self) -> None:
        """Sends the headers, once.

        Raises:
            Left: The client is gone.
        """
        stay(self._request)
        if not self.response.prepared:
            await self.response.prepare(self._request)

    async def send(self, bodies: Iterable[Json]) -> None:
        """Sends events.

        Raises:
            Left: The client is gone.
        """
        for body in bodies:
            await self.send_text(dumps(body))

    async def send_text(self, data: str) -> None:
        """Sends one event of any text.

        Raises:
            Left: The client is gone.
        """
        await self.open()
        await self.response.write(f"data: {data}\n\n".encode())
