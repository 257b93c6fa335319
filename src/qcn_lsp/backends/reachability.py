"""Whether anybody listens at an address: a plain connection, before any client library is imported."""

import asyncio
from urllib.parse import urlsplit

_SECONDS = 2.0


async def is_listening(base_url: str) -> bool:
    """Whether a TCP connection to a URL's host and port is accepted within two seconds."""
    parts = urlsplit(base_url)
    port = parts.port or (443 if parts.scheme == "https" else 80)
    try:
        async with asyncio.timeout(_SECONDS):
            _, writer = await asyncio.open_connection(parts.hostname, port)
    except (OSError, TimeoutError):
        return False
    writer.close()
    return True
