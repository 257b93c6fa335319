"""Counts that were asked for before: most of a request is the same from one review to the next."""

from collections import OrderedDict
from collections.abc import Awaitable, Callable
from hashlib import blake2b

_KEPT = 2048


class TokenCounts:
    """Keeps the latest counts by a digest of their text, so that no text is kept.

    Args:
        ask: Counts one text.
    """

    def __init__(self, ask: Callable[[str], Awaitable[int]]) -> None:
        self._ask = ask
        self._counts: OrderedDict[bytes, int] = OrderedDict()

    async def count(self, text: str) -> int:
        """Tokens of a text."""
        digest = blake2b(text.encode("utf-8", "surrogatepass"), digest_size=16).digest()
        count = self._counts.get(digest)
        if count is None:
            count = await self._ask(text)
        self._counts[digest] = count
        self._counts.move_to_end(digest)
        while len(self._counts) > _KEPT:
            self._counts.popitem(last=False)
        return count

    def forget(self) -> None:
        """Another model counts differently."""
        self._counts.clear()
