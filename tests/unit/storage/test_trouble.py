"""What becomes of a store when its folder or its disk is not as it should be, and what the user is told."""

import os
import resource
import shutil
import sqlite3
import stat
import subprocess
import sys
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from pathlib import Path

import pytest

from qcn_lsp.storage.location import identity, set_aside
from qcn_lsp.storage.store import Store
from unit.storage.opening import ELSEWHERE, Open, is_off, off, works

NAMES = ("s", "s-wal", "s-shm")


def mode_of(path: Path) -> int:
    return stat.S_IMODE(path.lstat().st_mode)


# Who may read.


def test_nobody_else_reads_any_of_it(tmp_path: Path, opened: Open) -> None:
    mask = os.umask(0)
    try:
        assert works(opened(tmp_path / "cache" / "s"))
    finally:
        os.umask(mask)
    assert mode_of(tmp_path / "cache") == 0o700
    assert {name: mode_of(tmp_path / "cache" / name) for name in NAMES} == dict.fromkeys(NAMES, 0o600)


def test_permissions_are_mended(tmp_path: Path, opened: Open) -> None:
    store = opened(tmp_path / "s")
    store.put({"old": "text"})
    store.close()
    tmp_path.chmod(0o755)
    (tmp_path / "s").chmod(0o644)
    assert opened(tmp_path / "s").get(["old"]) == {"old": "text"}
    assert (mode_of(tmp_path), mode_of(tmp_path / "s")) == (0o700, 0o600)


@pytest.mark.parametrize("is_file_there", [True, False])
def test_a_folder_of_somebody_else_is_not_used(
    tmp_path: Path, opened: Open, told: list[str], monkeypatch: pytest.MonkeyPatch, is_file_there: bool
) -> None:
    path = tmp_path / "s"
    if is_file_there:
        path.touch()
    monkeypatch.setattr(os, "getuid", lambda: tmp_path.stat().st_uid + 1)
    assert is_off(opened(path))
    assert told == [off(path, f"{tmp_path.name} belongs to another user; set XDG_CACHE_HOME to a folder of your own")]
    assert sorted(tmp_path.iterdir()) == [path][: int(is_file_there)]


def test_a_link_in_the_place_of_the_file_is_not_followed(tmp_path: Path, opened: Open, told: list[str]) -> None:
    target = tmp_path / "target"
    target.touch()
    for link_target in (target, tmp_path / "nowhere"):
        path = tmp_path / f"to {link_target.name}"
        path.symlink_to(link_target)
        assert is_off(opened(path))
        assert told.pop() == off(path, "it is a link or no file at all; delete it")
    assert target.read_bytes() == b""
    assert not (tmp_path / "nowhere").exists()


def test_a_link_in_the_place_of_the_log_is_not_followed(tmp_path: Path, opened: Open) -> None:
    store = opened(tmp_path / "s")
    store.put({"old": "text"})
    store.close()
    target = tmp_path / "target"
    target.write_text("kept")
    (tmp_path / "s-wal").symlink_to(target)
    store = opened(tmp_path / "s")
    store.put({"new": "text"})
    store.close()
    assert target.read_text() == "kept"


@pytest.mark.parametrize("make", [Path.mkdir, os.mkfifo])
def test_what_is_no_file_is_not_opened(
    tmp_path: Path, opened: Open, told: list[str], make: Callable[[Path], None]
) -> None:
    make(tmp_path / "s")
    assert is_off(opened(tmp_path / "s"))
    assert len(told) == 1
    assert "no file at all" in told[0]


# Where nothing can be written.


def test_a_folder_that_cannot_be_made(tmp_path: Path, opened: Open, told: list[str]) -> None:
    (tmp_path / "file").touch()
    path = tmp_path / "file" / "qcn-lsp" / "s"
    assert is_off(opened(path))
    assert told == [off(path, f"Not a directory; {ELSEWHERE}")]


def test_a_user_without_a_home(told: list[str], monkeypatch: pytest.MonkeyPatch) -> None:
    def nobody(_: str) -> str:
        raise KeyError

    monkeypatch.delenv("XDG_CACHE_HOME", raising=False)
    monkeypatch.delenv("HOME")
    monkeypatch.setattr("pwd.getpwuid", nobody)
    assert is_off(Store(tell=told.append))
    assert told == [
        off("reviews.sqlite3", "this user has no home folder; set XDG_CACHE_HOME to a folder that can be written")
    ]


def test_a_full_disk(tmp_path: Path, opened: Open, told: list[str]) -> None:
    store = opened(tmp_path / "s")
    store.put({"old": "text"})
    assert store._database
    store._database._connection.execute("PRAGMA max_page_count = 1")
    store.put({"large": "x" * 100_000})
    assert is_off(store)
    assert told == [off(tmp_path / "s", "the disk is full; make room")]
    assert opened(tmp_path / "s").get(["old", "large"]) == {"old": "text"}


# The limit for the size of a file makes writes fail in the middle, as a quota or a broken disk does.
LIMITED = """
import resource, sys
from pathlib import Path
from qcn_lsp.storage.location import identity, set_aside
from qcn_lsp.storage.store import Store

store = Store(Path(sys.argv[1]), tell=print)
store.put({"old": "text"})
resource.setrlimit(resource.RLIMIT_FSIZE, (300_000, resource.RLIM_INFINITY))
for number in range(9):
    store.put({str(number): "x" * 50_000})
print(store.get(["old"]))
store.close()
"""


def test_a_disk_that_takes_no_more(tmp_path: Path, opened: Open) -> None:
    assert resource.getrlimit(resource.RLIMIT_FSIZE)[1] == resource.RLIM_INFINITY
    path = tmp_path / "s"
    result = subprocess.run([sys.executable, "-c", LIMITED, path], capture_output=True, text=True, check=True)
    assert result.stdout.splitlines() == [
        off(path, f"disk I/O error; {ELSEWHERE}"),
        "{}",
    ]
    assert result.stderr == ""
    assert opened(path).get(["old", "0"]) == {"old": "text", "0": "x" * 50_000}


def test_a_file_that_may_not_be_written(
    tmp_path: Path, opened: Open, told: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    connect = sqlite3.connect
    opened(tmp_path / "s").put({"old": "text"})
    monkeypatch.setattr(
        sqlite3, "connect", lambda file, **options: connect(f"file:{file}?mode=ro", uri=True, **options)
    )
    store = opened(tmp_path / "s")
    assert store.get(["old"]) == {"old": "text"}
    store.put({"new": "text"})
    assert is_off(store)
    assert len(told) == 1
    assert "attempt to write a readonly database; set XDG_CACHE_HOME to" in told[0]


def test_what_a_power_cut_may_do(tmp_path: Path, opened: Open) -> None:
    store = opened(tmp_path / "s")
    assert works(store)
    assert store._database
    assert store._database._number("PRAGMA synchronous") == 1  # NORMAL: with a log, the last puts may go, no more
    assert (tmp_path / "s-wal").exists()


def test_a_file_system_without_shared_memory(tmp_path: Path, opened: Open, monkeypatch: pytest.MonkeyPatch) -> None:
    connect = sqlite3.connect
    monkeypatch.setattr(
        sqlite3, "connect", lambda file, **options: connect(f"file:{file}?vfs=unix-dotfile", uri=True, **options)
    )
    first, second = opened(tmp_path / "s"), opened(tmp_path / "s")
    assert works(first)
    assert works(second)
    assert first._database
    assert first._database._number("PRAGMA synchronous") == 2  # FULL: without a log, NORMAL may damage the file
    assert not (tmp_path / "s-wal").exists()


# Other processes.


def test_a_reader_that_keeps_the_log_from_being_begun(tmp_path: Path, opened: Open, told: list[str]) -> None:
    first = opened(tmp_path / "s")
    first.put({"old": "text"})
    first.close()
    with closing(sqlite3.connect(tmp_path / "s", isolation_level=None)) as other:
        other.execute("PRAGMA journal_mode = DELETE")
        other.execute("BEGIN")
        other.execute("SELECT * FROM review").fetchall()
        assert opened(tmp_path / "s").get(["old"]) == {"old": "text"}
    assert told == []


def test_a_store_belongs_to_one_thread(tmp_path: Path, opened: Open) -> None:
    store = opened(tmp_path / "s")
    assert works(store)
    with ThreadPoolExecutor(1) as thread, pytest.raises(sqlite3.ProgrammingError):
        thread.submit(store.get, ["new"]).result()
    assert store.get(["new"]) == {"new": "text"}
    assert not (tmp_path / "s.broken").exists()


def test_a_mistake_of_ours_is_not_taken_for_damage(
    tmp_path: Path, opened: Open, monkeypatch: pytest.MonkeyPatch
) -> None:
    store = opened(tmp_path / "s")
    assert works(store)
    monkeypatch.setattr("qcn_lsp.storage.database._GET", "SELECT ?")
    with pytest.raises(sqlite3.ProgrammingError):
        store.get(["new"])
    assert not (tmp_path / "s.broken").exists()


def test_a_process_that_does_not_let_go(tmp_path: Path, opened: Open, told: list[str]) -> None:
    store = opened(tmp_path / "s")
    store.put({"old": "text"})
    with closing(sqlite3.connect(tmp_path / "s", isolation_level=None)) as other:
        other.execute("BEGIN IMMEDIATE")
        assert store.get(["old"]) == {"old": "text"}
        store.put({"new": "text"})
        assert is_off(store)
    assert told == [off(tmp_path / "s", "another process does not let go of it; end that process")]


def test_reading_waits_for_no_writer(tmp_path: Path, told: list[str]) -> None:
    now = 0.0
    path = tmp_path / "s"
    with (
        closing(Store(path, tell=told.append, patience_seconds=3600, clock=lambda: now)) as store,
        closing(sqlite3.connect(path, isolation_level=None)) as other,
    ):
        store.put({"old": "text"})
        now = 1e6  # so that reading wants to mark the row as used
        other.execute("BEGIN IMMEDIATE")
        assert store.get(["old"]) == {"old": "text"}
        assert store._database
        assert store._database._number("PRAGMA busy_timeout") == 3_600_000
        other.execute("COMMIT")
        assert works(store)
        assert told == []


def test_a_file_that_another_process_sets_aside_is_let_go_of(tmp_path: Path, opened: Open) -> None:
    path = tmp_path / "s"
    before = opened(path)
    assert works(before)
    assert set_aside(path, identity(path))
    after = opened(path)
    after.put({"a": "1"})
    assert not set_aside(path, identity(tmp_path / "s.broken"))  # whoever saw the old file leaves the new one alone
    before.put({"b": "2"})
    after.put({"c": "3"})
    before.close()
    after.put({"d": "4"})
    assert opened(path).get(["new", *"abcd"]) == {"a": "1", "b": "2", "c": "3", "d": "4"}


def test_a_folder_that_is_deleted_is_made_again(tmp_path: Path, opened: Open, told: list[str]) -> None:
    path = tmp_path / "cache" / "s"
    store = opened(path)
    assert works(store)
    shutil.rmtree(path.parent)
    assert store.get(["new"]) == {}
    assert works(store)
    assert works(opened(path))
    assert told == []
