"""Stores that are closed at the end, and what they told the user."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from qcn_lsp.storage.store import Store
from unit.storage.opening import Open


@pytest.fixture
def told() -> list[str]:
    return []


@pytest.fixture
def opened(told: list[str]) -> Iterator[Open]:
    """Makes stores whose sentences are in `told`."""
    stores: list[Store] = []

    def make(path: Path) -> Store:
        stores.append(Store(path, tell=told.append, patience_seconds=0.01))
        return stores[-1]

    yield make
    for store in stores:
        store.close()
