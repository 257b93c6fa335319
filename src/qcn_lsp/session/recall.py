"""Brings what earlier runs knew into an open document."""

import asyncio
from collections.abc import Callable

from qcn_lsp.config.settings import ReviewSettings
from qcn_lsp.session.open_document import OpenDocument
from qcn_lsp.session.remembered import Memory

# Candidates are shown without what the store knows if that takes longer, on a disk that hangs or is full of work.
_PATIENCE_SECONDS = 0.1


async def recall(
    opened: OpenDocument,
    settings: ReviewSettings,
    memory: Memory,
    model_of: Callable[[str], str],
    takes_long: Callable[[], None],
) -> bool:
    """Takes what is remembered of units in scope that this run has not seen yet.

    Args:
        opened: The document.
        settings: What is in scope.
        memory: What was reviewed before.
        model_of: What serves a mode now, empty while that is not known.
        takes_long: Called if the memory does not answer soon.

    Returns:
        Whether anything was known.
    """
    snapshot = opened.snapshot
    units = [unit for unit in opened.in_scope(settings) if opened.is_unknown(unit.digest)]
    if snapshot is None or not units:
        return False
    late = asyncio.get_running_loop().call_later(_PATIENCE_SECONDS, takes_long)
    try:
        known = await memory.recall(snapshot, units)
    finally:
        late.cancel()
    for digest, review in known.items():
        opened.recall(digest, review, model_of(review.mode))
    opened.looked_up |= {unit.digest for unit in units}
    return bool(known)
