"""The SQLite database of the store: how it is opened, what is in it, and what its errors mean.

Its journal is a write-ahead log with `synchronous=NORMAL`. What was put survives a process that is killed at any time.
A power cut may take the last transactions with it, but never damages the file. In return a put waits for no disk.
Where no such log is to be had (network file systems without shared memory), SQLite keeps its older journal, and a put
waits for the disk. A home that several machines use at the same time is no place for either: their caches belong on
local disks (`XDG_CACHE_HOME`).
"""

import sqlite3
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path

from qcn_lsp.storage.location import make_private_file

SCHEMA_VERSION = 1
"""Raised with every change of the tables, so that two versions of qcn-lsp never read each other's."""

_DAY_SECONDS = 86_400
# Triggers keep the sum of all sizes, exact whoever writes: adding it up at every put would read the whole index.
_TABLES = """
CREATE TABLE IF NOT EXISTS review(key BLOB PRIMARY KEY, value BLOB NOT NULL, size INT NOT NULL, used REAL NOT NULL);
CREATE INDEX IF NOT EXISTS by_use ON review(used, size);
CREATE TABLE IF NOT EXISTS stored(bytes INT NOT NULL);
INSERT INTO stored SELECT 0 WHERE NOT EXISTS (SELECT * FROM stored);
CREATE TRIGGER IF NOT EXISTS added AFTER INSERT ON review
    BEGIN UPDATE stored SET bytes = bytes + new.size; END;
CREATE TRIGGER IF NOT EXISTS changed AFTER UPDATE OF size ON review
    BEGIN UPDATE stored SET bytes = bytes - old.size + new.size; END;
CREATE TRIGGER IF NOT EXISTS removed AFTER DELETE ON review
    BEGIN UPDATE stored SET bytes = bytes - old.size; END;
"""
# Types and ranges are SQLite's business, so that a damaged cell is never more than a row that is not found.
_GET = "SELECT coalesce(CAST(value AS BLOB), x'ff'), abs(? - used) >= ? FROM review WHERE key = ?"
_PUT = """
INSERT INTO review(key, value, size, used) VALUES (?1, ?2, length(?1) + length(?2), ?3)
ON CONFLICT(key) DO UPDATE SET value = excluded.value, size = excluded.size, used = excluded.used
"""
_FORGET = """
DELETE FROM review WHERE rowid IN (
    SELECT rowid FROM (SELECT rowid, total(size) OVER (ORDER BY used DESC, rowid DESC) AS up_to_here FROM review)
    WHERE up_to_here > ?)
"""

_BUSY = frozenset({sqlite3.SQLITE_BUSY, sqlite3.SQLITE_LOCKED})
_NO_FAULT_OF_THE_FILE = _BUSY | {
    sqlite3.SQLITE_FULL, sqlite3.SQLITE_READONLY, sqlite3.SQLITE_IOERR, sqlite3.SQLITE_CANTOPEN, sqlite3.SQLITE_PERM,
    sqlite3.SQLITE_AUTH, sqlite3.SQLITE_PROTOCOL, sqlite3.SQLITE_NOLFS,
}  # fmt: skip


class Database:
    """An open database of this version. Every method may raise `sqlite3.Error`.

    Args:
        file: Where it is or will be, in a folder that is nobody else's.
        patience_seconds: How long to wait for other processes that write.

    Raises:
        OtherVersion: It is of another version, and stays as it is.
        OSError: The file is not safe to use.
        sqlite3.Error: It cannot be opened, or is damaged.
    """

    def __init__(self, file: Path, patience_seconds: float) -> None:
        make_private_file(file)
        self._patience_ms = round(patience_seconds * 1000)
        self._connection = sqlite3.connect(file, timeout=patience_seconds, isolation_level=None)
        try:
            make_private_file(file)  # before SQLite makes the files beside it, with the same permissions
            self._prepare()
        except BaseException:
            self.close()
            raise

    def close(self) -> None:
        """Lets go of the file."""
        self._connection.close()

    def get(self, keys: Iterable[str], now: float) -> dict[str, str]:
        """What is there under these keys, which counts as used now."""
        found: dict[str, str] = {}
        to_mark: list[tuple[float, bytes]] = []
        with self._connection as connection:
            connection.execute("BEGIN")
            for key in keys:
                row = connection.execute(_GET, (now, _DAY_SECONDS, encode(key))).fetchone()
                if row:
                    with suppress(UnicodeDecodeError):  # damaged: nothing that was ever put
                        found[key] = row[0].decode("utf-8", "surrogatepass")
                if row and row[1]:
                    to_mark.append((now, encode(key)))
        if to_mark:
            self._mark_as_used(to_mark)
        return found

    def put(self, rows: Sequence[tuple[bytes, bytes]], now: float, max_bytes: int) -> None:
        """Keeps all rows of key and value, or none. Beyond the limit a tenth is forgotten, what was used last stays."""
        with self._writing() as connection:
            connection.executemany(_PUT, [(*row, now) for row in rows])
            if self.size() > max_bytes:
                # Marks from a clock that was ahead would keep their rows for ever.
                connection.execute("UPDATE review SET used = 0 WHERE used > ?", (now + _DAY_SECONDS,))
                connection.execute(_FORGET, (max_bytes * 9 // 10,))
                connection.execute("UPDATE stored SET bytes = (SELECT total(size) FROM review)")

    def clear(self) -> int:
        """Deletes all rows, from the disk too; says how many there were."""
        with self._writing() as connection:
            count = connection.execute("DELETE FROM review").rowcount
        with suppress(sqlite3.OperationalError):  # another process is at it; the room is then used again, if not freed
            connection.execute("VACUUM")
            connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")
        return count

    def size(self) -> int:
        """Bytes of all keys and values."""
        return self._number("SELECT CAST(total(bytes) AS INT) FROM stored")

    def _prepare(self) -> None:
        self._connection.execute("PRAGMA trusted_schema = OFF")
        with self._connection as connection:
            connection.execute("BEGIN")  # both answers are from before another process makes the tables, or from after
            version = self._number("PRAGMA user_version")
            is_new = version == 0 and self._number("SELECT count(*) FROM sqlite_master") == 0
        if version != SCHEMA_VERSION and not is_new:
            raise OtherVersion
        if self._use_log():
            self._connection.execute("PRAGMA synchronous = NORMAL")
        if is_new:
            self._connection.executescript(
                f"BEGIN IMMEDIATE; {_TABLES} PRAGMA user_version = {SCHEMA_VERSION}; COMMIT;"
            )

    def _use_log(self) -> bool:
        try:
            return bool(self._connection.execute("PRAGMA journal_mode = WAL").fetchone() == ("wal",))
        except sqlite3.OperationalError as error:
            if not is_busy(error):
                raise
            return False  # another process is just about to do the same; this one is merely slower

    def _mark_as_used(self, rows: Sequence[tuple[float, bytes]]) -> None:
        """Once a day a row, so that reading is not writing; and not now if another process writes."""
        self._connection.execute("PRAGMA busy_timeout = 0")
        try:
            with self._writing() as connection:
                connection.executemany("UPDATE review SET used = ? WHERE key = ?", rows)
        except sqlite3.OperationalError as error:
            if not is_busy(error):
                raise
        self._connection.execute(f"PRAGMA busy_timeout = {self._patience_ms}")

    @contextmanager
    def _writing(self) -> Iterator[sqlite3.Connection]:
        with self._connection as connection:
            connection.execute("BEGIN IMMEDIATE")
            yield connection

    def _number(self, question: str) -> int:
        return int(self._connection.execute(question).fetchone()[0])


class OtherVersion(Exception):
    """A database that another version of qcn-lsp, or another program, wrote."""


def encode(text: str) -> bytes:
    """Any text at all, half a surrogate pair included."""
    return text.encode("utf-8", "surrogatepass")


def is_busy(error: Exception) -> bool:
    """Whether another process had the database for longer than this one was ready to wait."""
    return _primary_code(error) in _BUSY


def is_damage(error: Exception) -> bool:
    """Whether the file is no database, or not what was once written."""
    return _primary_code(error) not in _NO_FAULT_OF_THE_FILE


def reason(error: Exception) -> str:
    """Why nothing can be kept, and what to do. It repeats nothing of what the file holds."""
    if is_busy(error):
        return "another process does not let go of it; end that process"
    if _primary_code(error) == sqlite3.SQLITE_FULL:
        return "the disk is full; make room"
    what = error.strerror if isinstance(error, OSError) else error
    return f"{what}; set XDG_CACHE_HOME to a folder on a local disk that can be written" if what else str(error)


def _primary_code(error: Exception) -> int:
    # Without one, SQLite's message quoted what is no text, and could not be read itself.
    code: int = getattr(error, "sqlite_errorcode", sqlite3.SQLITE_ERROR)
    return code & 0xFF
