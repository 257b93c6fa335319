"""Several processes at one file, and processes that are killed."""

import signal
import sqlite3
import subprocess
import sys
from contextlib import closing
from pathlib import Path

import pytest

from qcn_lsp.storage.store import Store

# Prints a number once its put has returned. The text of a number tells whether it is whole.
WRITER = """
import sys
from pathlib import Path
from qcn_lsp.storage.store import Store

path, name, count, max_bytes = sys.argv[1], sys.argv[2], int(sys.argv[3]), int(sys.argv[4])
store = Store(Path(path), tell=lambda sentence: print("trouble", sentence, flush=True), max_bytes=max_bytes)
print("ready", flush=True)
if sys.stdin.readline():
    for number in range(count):
        store.put({f"{name}{number}": f"{number} " * 3000})
        print(number, flush=True)
store.close()
"""
MANY = 10**9


def start(path: Path, name: str, count: int, max_bytes: int = 64 << 20) -> subprocess.Popen[str]:
    command = [sys.executable, "-c", WRITER, str(path), name, str(count), str(max_bytes)]
    return subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)


def go(*writers: subprocess.Popen[str]) -> None:
    """Lets them begin at the same moment."""
    for writer in writers:
        assert writer.stdout
        assert writer.stdout.readline() == "ready\n"
    for writer in writers:
        assert writer.stdin
        writer.stdin.write("go\n")
        writer.stdin.flush()


def expected(name: str, numbers: range) -> dict[str, str]:
    return {f"{name}{number}": f"{number} " * 3000 for number in numbers}


def check_is_sound(path: Path) -> None:
    with closing(sqlite3.connect(path)) as database:
        assert database.execute("PRAGMA integrity_check").fetchall() == [("ok",)]
        sums = "SELECT (SELECT sum(bytes) FROM stored), (SELECT sum(length(key) + length(value)) FROM review)"
        stored, summed = database.execute(sums).fetchone()
        assert stored == summed


def kill_after(writer: subprocess.Popen[str], puts: int) -> int:
    """Kills a writer once it has said so many numbers; says how many it had said when it died."""
    assert writer.stdout
    lines = [writer.stdout.readline() for _ in range(puts)]
    writer.send_signal(signal.SIGKILL)
    lines += writer.stdout.read().splitlines()
    assert writer.wait() == -signal.SIGKILL
    with writer:
        pass
    return len(lines)


# A put of this size is several pages, so that the longer runs see the log written back into the file now and then.
@pytest.mark.parametrize("puts", [1, 2, 40, 170, 350])
def test_a_put_that_returned_survives_the_kill(tmp_path: Path, puts: int) -> None:
    path = tmp_path / "s"
    writer = start(path, "w", MANY)
    go(writer)
    count = kill_after(writer, puts)
    check_is_sound(path)
    told: list[str] = []
    with closing(Store(path, tell=told.append)) as store:
        wanted = expected("w", range(count))
        assert store.get(list(wanted)) == wanted
        store.put({"k": "v"})
        assert store.get(["k"]) == {"k": "v"}
    assert told == []


def test_a_kill_while_rows_are_forgotten(tmp_path: Path) -> None:
    path = tmp_path / "s"
    for _ in range(4):
        writer = start(path, "w", MANY, max_bytes=100_000)
        go(writer)
        kill_after(writer, 60)
        check_is_sound(path)
    with closing(Store(path, tell=pytest.fail, max_bytes=100_000)) as store:
        assert 50_000 < store.size() <= 100_000


def test_processes_write_at_the_same_time(tmp_path: Path) -> None:
    path = tmp_path / "s"
    writers = [start(path, name, 60) for name in "abcd"]
    go(*writers)
    said = {writer.communicate()[0] for writer in writers}
    assert said == {"".join(f"{number}\n" for number in range(60))}
    check_is_sound(path)
    with closing(Store(path, tell=pytest.fail)) as store:
        for name in "abcd":
            wanted = expected(name, range(60))
            assert store.get(list(wanted)) == wanted


@pytest.mark.parametrize("start_of_file", [b"", b"this is no database" * 99])
def test_processes_open_at_the_same_time(tmp_path: Path, start_of_file: bytes) -> None:
    path = tmp_path / "s"
    for _ in range(3):
        for file in tmp_path.iterdir():
            file.unlink()
        path.write_bytes(start_of_file)
        writers = [start(path, name, 3) for name in "abcdef"]
        go(*writers)
        lines = "".join(writer.communicate()[0] for writer in writers).splitlines()
        troubles = [line for line in lines if line.startswith("trouble")]
        assert len(troubles) == (1 if start_of_file else 0), troubles
        check_is_sound(path)
        with closing(Store(path, tell=pytest.fail)) as store:
            wanted = {key: text for name in "abcdef" for key, text in expected(name, range(3)).items()}
            assert store.get(list(wanted)) == wanted
