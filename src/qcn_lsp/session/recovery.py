"""Notices when a better backend returns, while there is something that it should look at."""

import asyncio
from collections.abc import Callable, Sequence

from qcn_lsp.config.settings import Mode
from qcn_lsp.session.router import Router


class Recovery:
    """Probes what is down, ever more seldom, and only while somebody waits for it.

    Args:
        router: Whose backends; it tells of a return itself.
        wanted: The modes that are waited for, none when nobody waits.
    """

    def __init__(self, router: Router, wanted: Callable[[], Sequence[Mode]]) -> None:
        self._router = router
        self._wanted = wanted

    async def watch(self) -> None:
        """Returns when nobody waits for a backend any more, or everything waited for is up."""
        while (seconds := self._router.next_probe(self._wanted())) is not None:
            await asyncio.sleep(seconds)
            await self._router.probe_due(self._wanted())
