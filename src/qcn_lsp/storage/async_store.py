"""The store for an event loop: one thread does everything, in the order in which it was asked for."""

import asyncio
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from pathlib import Path
from typing import TypeVar

from qcn_lsp.storage.store import MAX_BYTES, Store

_Result = TypeVar("_Result")


class AsyncStore:
    """A `Store` that never blocks the event loop.

    Args:
        path: The database, see `Store`.
        tell: Is called in the event loop with a sentence for the user, see `Store`.
        max_bytes: Limit for keys and values in UTF-8.
    """

    def __init__(self, path: Path | None = None, *, tell: Callable[[str], None], max_bytes: int = MAX_BYTES) -> None:
        self._store = Store(path, tell=self._tell_in_loop, max_bytes=max_bytes)
        self._tell = tell
        self._thread = ThreadPoolExecutor(1, "reviews")
        self._loop: asyncio.AbstractEventLoop | None = None

    async def get(self, keys: Sequence[str]) -> dict[str, str]:
        """What is there under these keys, which counts as used now."""
        return await self._run(self._store.get, tuple(keys))

    async def put(self, items: Mapping[str, str]) -> None:
        """Keeps all items or none, even if the task that waits for it is cancelled."""
        await asyncio.shield(self._run(self._store.put, dict(items)))

    async def clear(self) -> int:
        """Forgets everything, see `Store.clear`."""
        return await self._run(self._store.clear)

    async def size(self) -> int:
        """Bytes of all keys and values in UTF-8."""
        return await self._run(self._store.size)

    async def close(self) -> None:
        """Lets go of the file once everything is kept that was put. From now on nothing is found and nothing kept."""
        await asyncio.shield(self._run(self._store.close))

    def _run(self, work: Callable[..., _Result], *arguments: object) -> asyncio.Future[_Result]:
        self._loop = asyncio.get_running_loop()
        return self._loop.run_in_executor(self._thread, work, *arguments)

    def _tell_in_loop(self, sentence: str) -> None:
        if self._loop:
            with suppress(RuntimeError):  # the loop has ended, and with it whoever would have read this
                self._loop.call_soon_threadsafe(self._tell, sentence)
