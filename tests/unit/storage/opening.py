"""Opening stores in tests, and telling whether they work."""

from collections.abc import Callable
from pathlib import Path

from qcn_lsp.storage.store import Store

Open = Callable[[Path], Store]
ELSEWHERE = "set XDG_CACHE_HOME to a folder on a local disk that can be written"


def works(store: Store) -> bool:
    store.put({"new": "text"})
    return store.get(["new"]) == {"new": "text"}


def is_off(store: Store) -> bool:
    store.put({"new": "text"})
    return (store.get(["new", "old"]), store.size(), store.clear()) == ({}, 0, 0)


def off(path: Path | str, why: str) -> str:
    """What the user is told when the store turns itself off."""
    return f"{path}: finished reviews cannot be kept: {why}, then start qcn-lsp again"
