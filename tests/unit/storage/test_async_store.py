"""The store seen from an event loop."""

import asyncio
import os
import subprocess
import sys
import threading
from collections.abc import AsyncIterator, Mapping
from contextlib import closing
from pathlib import Path

import pytest

from qcn_lsp.storage.async_store import AsyncStore
from qcn_lsp.storage.store import Store


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "s"


@pytest.fixture
async def store(path: Path) -> AsyncIterator[AsyncStore]:
    store = AsyncStore(path, tell=pytest.fail)
    yield store
    await store.close()


class HeldPut:
    """Makes every put of a store wait until it is let go."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self.has_begun, self.may_go_on = threading.Event(), threading.Event()
        put = Store.put

        def held(store: Store, items: Mapping[str, str]) -> None:
            self.has_begun.set()
            assert self.may_go_on.wait(60)
            put(store, items)

        monkeypatch.setattr(Store, "put", held)


async def test_what_was_put_is_found(store: AsyncStore) -> None:
    await store.put({"a": "1", "b": "2"})
    assert await store.get(["a", "b", "c"]) == {"a": "1", "b": "2"}
    assert await store.size() == 4
    assert await store.clear() == 2
    assert await store.get(["a"]) == {}


async def test_the_loop_goes_on_while_a_put_takes_long(store: AsyncStore, monkeypatch: pytest.MonkeyPatch) -> None:
    held = HeldPut(monkeypatch)
    putting = asyncio.create_task(store.put({"a": "1"}))
    await asyncio.to_thread(held.has_begun.wait, 60)
    # Only the loop lets the store go on: if it were blocked, the put would fail.
    asyncio.get_running_loop().call_later(0, held.may_go_on.set)
    await putting
    assert await store.get(["a"]) == {"a": "1"}


async def test_a_put_is_kept_though_its_task_is_cancelled(
    store: AsyncStore, path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    held = HeldPut(monkeypatch)
    first, second = (asyncio.create_task(store.put({key: "1"})) for key in "ab")
    await asyncio.to_thread(held.has_begun.wait, 60)
    for task in (first, second):  # the first is at work, the second waits for its turn
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task
    held.may_go_on.set()
    await store.close()
    with closing(Store(path, tell=pytest.fail)) as again:
        assert again.get(["a", "b"]) == {"a": "1", "b": "1"}


async def test_later_changes_of_what_was_put_do_not_count(store: AsyncStore, monkeypatch: pytest.MonkeyPatch) -> None:
    held = HeldPut(monkeypatch)
    items = {"a": "1"}
    putting = asyncio.create_task(store.put(items))
    await asyncio.to_thread(held.has_begun.wait, 60)
    items["a"] = "2"
    held.may_go_on.set()
    await putting
    assert await store.get(["a"]) == {"a": "1"}


async def test_a_closed_store_is_empty(store: AsyncStore) -> None:
    await store.put({"a": "1"})
    await store.close()
    await store.put({"b": "1"})
    assert await store.get(["a", "b"]) == {}


async def test_trouble_is_told_in_the_loop_before_the_answer(path: Path) -> None:
    told: list[tuple[str, threading.Thread]] = []
    folder = path.parent  # where a file should be
    store = AsyncStore(folder, tell=lambda sentence: told.append((sentence, threading.current_thread())))
    assert await store.get(["a"]) == {}
    await store.put({"a": "1"})
    assert await store.get(["a"]) == {}
    await store.close()
    [(sentence, thread)] = told
    assert sentence.startswith(f"{folder}: finished reviews cannot be kept: it is a link or no file at all")
    assert thread is threading.current_thread()


PROGRAM = """
import asyncio, sys, threading
from pathlib import Path
from qcn_lsp.storage.async_store import AsyncStore
from qcn_lsp.storage.location import default_path

async def main():
    store = AsyncStore(default_path(), tell=print)
    print("sqlite3" in sys.modules, default_path().parent.exists(), threading.active_count())
    await store.put({"a": "1"})
    print("sqlite3" in sys.modules, default_path().exists(), threading.active_count())
    # Nobody closes it, and what nobody waited for is kept all the same.
    asyncio.ensure_future(store.put({"b": "2"}))
    await asyncio.sleep(0)

asyncio.run(main())
"""


def test_nothing_is_imported_opened_or_started_before_the_first_use(tmp_path: Path) -> None:
    environment = os.environ | {"XDG_CACHE_HOME": str(tmp_path)}
    result = subprocess.run(
        [sys.executable, "-c", PROGRAM], capture_output=True, text=True, check=False, env=environment
    )
    assert result.stderr == ""
    assert result.stdout.splitlines() == ["False False 1", "True True 2"]
    with closing(Store(tmp_path / "qcn-lsp/reviews.sqlite3", tell=pytest.fail)) as store:
        assert store.get(["a", "b"]) == {"a": "1", "b": "2"}
