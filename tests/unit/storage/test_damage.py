"""Files that are not the store's, or no longer what it wrote."""

import sqlite3
import tempfile
from contextlib import closing
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from qcn_lsp.storage.store import Store
from unit.storage.opening import Open, is_off, off, works

FOREIGN = "CREATE TABLE review(something TEXT); INSERT INTO review VALUES ('kept'); PRAGMA user_version = "


@pytest.mark.parametrize("content", [b"this is no database" * 999, b"SQLite format 3\0" + bytes(range(256)) * 99])
def test_a_file_that_is_no_database_is_set_aside(tmp_path: Path, opened: Open, told: list[str], content: bytes) -> None:
    path = tmp_path / "s"
    (tmp_path / "s.broken").write_text("from an earlier time")
    path.write_bytes(content)
    assert works(opened(path))
    assert told == [f"{path}: was damaged and is now s.broken, which you may delete; reviews are made anew"]
    assert (tmp_path / "s.broken").read_bytes() == content


# SQLite quotes what it cannot parse, here in bytes that are no text.
UNREADABLE = """
PRAGMA writable_schema = ON;
UPDATE sqlite_master SET sql = 'CREATE TABLE review(key) ' || CAST(x'80' AS TEXT) WHERE name = 'review'
"""


@pytest.mark.parametrize(
    "statement", ["DROP TABLE review", "DROP TABLE stored", "ALTER TABLE review DROP COLUMN value", UNREADABLE]
)
def test_a_database_with_parts_missing_is_set_aside(
    tmp_path: Path, opened: Open, told: list[str], statement: str
) -> None:
    path = tmp_path / "s"
    opened(path).put({"old": "text"})
    with closing(sqlite3.connect(path)) as database:
        database.executescript(statement)
    assert works(opened(path))
    assert len(told) == 1
    assert "s.broken" in told[0]


def test_a_wrong_sum_costs_no_review(tmp_path: Path, opened: Open) -> None:
    store = opened(tmp_path / "s")
    store.put({"a": "1"})
    with closing(sqlite3.connect(tmp_path / "s", isolation_level=None)) as database:
        database.execute("UPDATE stored SET bytes = 1e12")
    store.put({"b": "2"})
    assert store.size() == 4
    assert store.get(["a", "b"]) == {"a": "1", "b": "2"}


@pytest.mark.parametrize("version", [0, 7, -1])
def test_the_file_of_another_version_stays_and_a_second_one_is_used(
    tmp_path: Path, opened: Open, told: list[str], version: int
) -> None:
    path = tmp_path / "s"
    with closing(sqlite3.connect(path)) as database:
        database.executescript(f"{FOREIGN} {version}")
    before = path.read_bytes()
    for _ in range(2):
        assert works(opened(path))
    assert path.read_bytes() == before
    assert (tmp_path / "s.v1").exists()
    assert told == []


def test_two_files_of_other_versions(tmp_path: Path, opened: Open, told: list[str]) -> None:
    for name in ("s", "s.v1"):
        with closing(sqlite3.connect(tmp_path / name)) as database:
            database.executescript(f"{FOREIGN} 7")
    assert is_off(opened(tmp_path / "s"))
    assert told == [off(tmp_path / "s.v1", "another version of qcn-lsp wrote it; delete it")]


@pytest.mark.parametrize("ours", ["s", "s.v1"])
def test_clear_leaves_no_code_in_any_file(tmp_path: Path, opened: Open, ours: str) -> None:
    if ours != "s":
        with closing(sqlite3.connect(tmp_path / "s")) as database:
            database.executescript(f"{FOREIGN} 7")
    for name in ("s.broken", "s.broken-wal", "s.v9", "other"):
        (tmp_path / name).write_text("secret")
    store = opened(tmp_path / "s")
    store.put({"a": "secret"})
    assert store.clear() == 1
    assert works(store)
    store.close()
    assert {file.name for file in tmp_path.iterdir()} == {ours, "other"}


def sample_files() -> dict[str, bytes]:
    """A database with its log, as a killed process leaves them."""
    with tempfile.TemporaryDirectory() as folder, closing(Store(Path(folder) / "s", tell=pytest.fail)) as store:
        for number in range(60):
            store.put({f"{number}": f"{number} " * 200})
        assert store._database
        store._database._connection.execute("PRAGMA wal_checkpoint")
        store.put({"last": "text"})
        return {name: (Path(folder) / name).read_bytes() for name in ("s", "s-wal", "s-shm")}


FILES = sample_files()
DAMAGE = st.tuples(
    st.sampled_from(["s", "s", "s-wal", "s-shm"]),
    st.sampled_from(["overwrite", "truncate"]),
    st.one_of(st.integers(0, 200), st.integers(0, 100_000)),
    st.binary(min_size=1, max_size=40),
)


@settings(max_examples=150, deadline=None)
@given(damages=st.lists(DAMAGE, min_size=1, max_size=4))
def test_whatever_the_damage_the_store_works_again(damages: list[tuple[str, str, int, bytes]]) -> None:
    files, told = dict(FILES), list[str]()
    for name, kind, position, junk in damages:
        content = files[name]
        start = position % (len(content) + 1)
        rest = b"" if kind == "truncate" else junk + content[start + len(junk) :]
        files[name] = content[:start] + rest
    # Another figure here is a file format that SQLite does not write, for which the store turns itself off.
    files["s"] = files["s"][:18] + FILES["s"][18:20] + files["s"][20:]
    with tempfile.TemporaryDirectory() as folder:
        for name, content in files.items():
            (Path(folder) / name).write_bytes(content)
        for _ in range(2):
            with closing(Store(Path(folder) / "s", tell=told.append, max_bytes=20_000)) as store:
                found = store.get([*map(str, range(60)), "last"])
                assert all(isinstance(text, str) for text in found.values())
                assert works(store)
                store.put({str(number): "y" * 1000 for number in range(40)})
                assert store.size() <= 20_000
                assert works(store)
                store.clear()
                assert works(store)
        assert not any("cannot be kept" in sentence for sentence in told)
