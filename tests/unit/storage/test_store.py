"""What a store keeps, and what it forgets first."""

import sqlite3
import tempfile
from collections.abc import Iterator
from contextlib import closing
from itertools import pairwise
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from qcn_lsp.storage.location import default_path
from qcn_lsp.storage.store import MAX_ITEM_BYTES, Store

DAY = 86_400.0


class Clock:
    """Goes only when told to."""

    now = 1_800_000_000.0

    def __call__(self) -> float:
        return self.now


def nothing_to_tell(sentence: str) -> None:
    pytest.fail(sentence)


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def store(tmp_path: Path, clock: Clock) -> Iterator[Store]:
    with closing(Store(tmp_path / "s", tell=nothing_to_tell, max_bytes=1000, clock=clock)) as store:
        yield store


def test_what_was_put_is_there_after_a_restart(tmp_path: Path) -> None:
    path = tmp_path / "a folder" / "reviews.sqlite3"
    with closing(Store(path, tell=nothing_to_tell)) as before:
        before.put({"a": "[1]", "b": "[2]"})
        before.put({"b": "[3]"})
    with closing(Store(path, tell=nothing_to_tell)) as after:
        assert after.get(["a", "b", "c", "a"]) == {"a": "[1]", "b": "[3]"}
        assert after.size() == len("a[1]b[3]")


def test_two_open_stores_see_what_the_other_puts(store: Store, tmp_path: Path) -> None:
    with closing(Store(tmp_path / "s", tell=nothing_to_tell)) as other:
        assert other.get(["a"]) == {}
        store.put({"a": "1"})
        assert other.get(["a"]) == {"a": "1"}


@given(st.dictionaries(st.text(st.characters(codec=None)), st.text(st.characters(codec=None)), max_size=8))
@settings(max_examples=60, deadline=None)
def test_any_text_is_a_key_and_a_value(items: dict[str, str]) -> None:
    items |= {"": "", "\0a": "\0", "\ud800": "\udfff", "' OR 1=1 --": "x"}
    with tempfile.TemporaryDirectory() as folder, closing(Store(Path(folder) / "s", tell=nothing_to_tell)) as store:
        store.put(items)
        assert store.get(list(items)) == items


def test_more_keys_than_a_statement_has_parameters(tmp_path: Path) -> None:
    items = {f"{number:064x}": "[]" for number in range(40_000)}
    with closing(Store(tmp_path / "s", tell=nothing_to_tell)) as store:
        store.put(items)
        assert store.get([*items, "other"]) == items


def test_an_item_that_is_too_large_is_left_out(tmp_path: Path) -> None:
    huge = "x" * MAX_ITEM_BYTES
    with closing(Store(tmp_path / "s", tell=nothing_to_tell)) as store:
        store.put({"value": huge, "small": "[]", huge + "x": ""})
        assert store.get(["value", "small", huge + "x"]) == {"small": "[]"}
        store.put({"k": huge[1:]})
        assert store.get(["k"]) == {"k": huge[1:]}


def test_clear_forgets_everything_and_says_how_much(store: Store, tmp_path: Path) -> None:
    store.put({"a": "a-secret", "b": "b-secret"})
    assert store.clear() == 2
    assert store.get(["a", "b"]) == {}
    assert store.size() == 0
    assert store.clear() == 0
    assert not [file.name for file in tmp_path.iterdir() if b"secret" in file.read_bytes()]
    store.put({"a": "new"})
    assert store.get(["a"]) == {"a": "new"}


def test_clear_gives_the_room_back(tmp_path: Path) -> None:
    with closing(Store(tmp_path / "s", tell=nothing_to_tell)) as store:
        store.put({str(number): "x" * 10_000 for number in range(100)})
        assert store.clear() == 100
        assert sum(file.stat().st_size for file in tmp_path.iterdir() if file.name != "s-shm") < 100_000


def test_a_closed_store_is_empty_and_keeps_nothing(store: Store, tmp_path: Path) -> None:
    store.put({"a": "1"})
    store.close()
    store.put({"b": "2"})
    store.close()
    assert (store.get(["a"]), store.size(), store.clear()) == ({}, 0, 0)
    with closing(Store(tmp_path / "s", tell=nothing_to_tell)) as again:
        assert again.get(["a", "b"]) == {"a": "1"}


def test_what_was_used_stays_longer(store: Store, clock: Clock) -> None:
    for key in "abcdefghi":
        store.put({key: "x" * 99})
    clock.now += DAY
    store.get(["a"])
    clock.now += 1
    store.put({"j": "x" * 99})
    assert store.size() == 1000
    store.put({"k": "x" * 99})
    assert list(store.get("abcdefghijk")) == list("adefghijk")


def test_reading_writes_once_a_day(store: Store, tmp_path: Path, clock: Clock) -> None:
    store.put({"a": "1"})
    with closing(sqlite3.connect(tmp_path / "s")) as watcher:

        def version() -> object:
            return watcher.execute("PRAGMA data_version").fetchone()

        written = [version()]
        for hours in (0, 23, 1, 0, 12, 12):
            clock.now += hours * 3600
            assert store.get(["a"]) == {"a": "1"}
            written.append(version())
    assert [before != after for before, after in pairwise(written)] == [
        False, False, True, False, False, True,
    ]  # fmt: skip


def test_a_clock_that_was_ahead_does_not_make_rows_immortal(store: Store, clock: Clock) -> None:
    true_time, clock.now = clock.now, clock.now * 2
    store.put(dict.fromkeys("abcdefghij", "x" * 99))
    clock.now = true_time
    for key in "klmnopqrs":
        store.put({key: "x" * 99})
        assert store.get([key]), key
    assert not store.get("abcdefghij")


KEYS = st.sampled_from("abcdefghijklmnop")
OPERATIONS = st.lists(
    st.one_of(
        st.tuples(st.just("put"), st.dictionaries(KEYS, st.text("xyé", max_size=150), max_size=5)),
        st.tuples(st.just("get"), st.lists(KEYS, max_size=6)),
        st.tuples(st.just("wait"), st.sampled_from([1.0, 3600.0, DAY, 9 * DAY])),
        st.tuples(st.just("restart"), st.none()),
        st.tuples(st.just("clear"), st.none()),
    ),
    max_size=50,
)


class Model:
    """What a store should do, as a dict: keys to their text and the time of their last mark."""

    def __init__(self) -> None:
        self.items: dict[str, tuple[str, float]] = {}

    @property
    def size(self) -> int:
        return sum(len((key + text).encode()) for key, (text, _) in self.items.items())

    def put(self, items: dict[str, str], now: float) -> None:
        self.items |= {key: (text, now) for key, text in items.items()}

    def get(self, keys: list[str], now: float) -> dict[str, str]:
        found = {key: self.items[key] for key in keys if key in self.items}
        self.items |= {key: (text, now) for key, (text, used) in found.items() if now - used >= DAY}
        return {key: text for key, (text, _) in found.items()}

    def forget_what_is_gone(self, kept: set[str], max_bytes: int) -> None:
        """Whatever is gone must have had to go, and nothing that stayed was used earlier."""
        size_before = self.size
        gone = {key: self.items.pop(key) for key in set(self.items) - kept}
        if gone:
            assert size_before > max_bytes
            assert self.size > max_bytes // 3
            assert max(used for _, used in gone.values()) <= min(used for _, used in self.items.values())
        assert self.size <= max_bytes


@settings(max_examples=150, deadline=None)
@given(operations=OPERATIONS)
def test_a_store_is_a_dict_that_forgets_what_was_not_used(operations: list[tuple[str, object]]) -> None:
    clock, model, limit = Clock(), Model(), 1000
    with tempfile.TemporaryDirectory() as folder:

        def opened() -> Store:
            return Store(Path(folder) / "s", tell=nothing_to_tell, max_bytes=limit, clock=clock)

        store = opened()
        for name, argument in operations:
            clock.now += 1
            if name == "put" and isinstance(argument, dict):
                store.put(argument)
                model.put(argument, clock.now)
                with closing(sqlite3.connect(Path(folder) / "s")) as watcher:
                    kept = {key.decode() for (key,) in watcher.execute("SELECT key FROM review")}
                model.forget_what_is_gone(kept, limit)
            elif name == "get" and isinstance(argument, list):
                assert store.get(argument) == model.get(argument, clock.now)
            elif name == "wait" and isinstance(argument, float):
                clock.now += argument
            elif name == "restart":
                store.close()
                store = opened()
            elif name == "clear":
                assert store.clear() == len(model.items)
                model.items = {}
            assert store.size() == model.size
        assert store.get(list("abcdefghijklmnop")) == {key: text for key, (text, _) in model.items.items()}
        store.close()


def test_a_relative_cache_home_counts_as_unset(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.setenv("XDG_CACHE_HOME", "here")
    assert default_path() == tmp_path / ".cache/qcn-lsp/reviews.sqlite3"
    monkeypatch.setenv("XDG_CACHE_HOME", "/there")
    assert default_path() == Path("/there/qcn-lsp/reviews.sqlite3")
