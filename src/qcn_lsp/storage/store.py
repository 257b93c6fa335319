"""Finished reviews on disk: texts under keys, shared by every editor and every `check` of one user.

The store is a cache: whatever befalls it, a review is merely made again. So nothing here raises. A damaged file is set
aside and begun anew; where nothing can be kept (no room, no permission, no locks) the store turns itself off; either is
said in a sentence. What is read back is data, and may be anybody's text: callers validate it.
"""

import time
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, TypeVar

from qcn_lsp.storage import location

if TYPE_CHECKING:
    from qcn_lsp.storage.database import Database

MAX_BYTES = 64 << 20
"""How much is kept: at a few hundred bytes a review, those of more than 100,000 units."""
MAX_ITEM_BYTES = 1 << 20
"""What is larger is no review, and is not kept."""
PATIENCE_SECONDS = 10.0
"""How long to wait for other processes that write; each needs the database for milliseconds."""

_ATTEMPTS = 3
_Result = TypeVar("_Result")


class Store:
    """Keeps texts, and forgets those that were not used for longest.

    Nothing is imported or opened before the first use. All uses must come from one thread.

    Args:
        path: The database, in a folder of its own, which is closed to others; `location.default_path()` if None.
        tell: Is called with a sentence for the user when a file was set aside, and when the store turns itself off.
        max_bytes: Limit for keys and values in UTF-8.
        patience_seconds: How long to wait for other processes that write.
        clock: Seconds since the epoch. It may jump.
    """

    def __init__(
        self,
        path: Path | None = None,
        *,
        tell: Callable[[str], None],
        max_bytes: int = MAX_BYTES,
        patience_seconds: float = PATIENCE_SECONDS,
        clock: Callable[[], float] = time.time,
    ) -> None:
        self._path = path
        self._tell = tell
        self._max_bytes = max_bytes
        self._patience_seconds = patience_seconds
        self._clock = clock
        self._database: Database | None = None
        self._file = Path("reviews.sqlite3")
        self._seen: location.Identity | None = None
        self._is_off = False

    def get(self, keys: Sequence[str]) -> dict[str, str]:
        """What is there under these keys, which counts as used now."""
        return self._attempt(lambda database: database.get(keys, self._clock()), {})

    def put(self, items: Mapping[str, str]) -> None:
        """Keeps all items or none, each in the place of an earlier one. An item that is too large is left out."""

        def work(database: "Database") -> None:
            from qcn_lsp.storage.database import encode

            limit = min(MAX_ITEM_BYTES, self._max_bytes // 2)
            rows = [(encode(key), encode(value)) for key, value in items.items()]
            database.put([row for row in rows if sum(map(len, row)) <= limit], self._clock(), self._max_bytes)

        self._attempt(work, None)

    def clear(self) -> int:
        """Forgets everything, on the disk too and in what was set aside; says how many texts were to be had."""

        def work(database: "Database") -> int:
            count = database.clear()
            location.delete_others(self._path or self._file, self._file)
            return count

        return self._attempt(work, 0)

    def size(self) -> int:
        """Bytes of all keys and values in UTF-8."""
        return self._attempt(lambda database: database.size(), 0)

    def close(self) -> None:
        """Lets go of the file. From now on nothing is found and nothing kept."""
        self._is_off = True
        self._disconnect()

    def _attempt(self, work: "Callable[[Database], _Result]", nothing: _Result) -> _Result:
        """Does the work, in a new file if this one is damaged; answers `nothing`, now and ever after, if it cannot."""
        if self._is_off:
            return nothing
        from sqlite3 import Error, ProgrammingError  # not before the first use, to keep start-up short

        from qcn_lsp.storage.database import is_damage, reason

        try:
            for _ in range(_ATTEMPTS):
                try:
                    return work(self._open())
                except (Error, UnicodeDecodeError) as error:
                    if isinstance(error, ProgrammingError) or not is_damage(error):
                        raise
                    self._begin_anew()
            raise location.Refused("it is damaged again and again; delete it")
        except ProgrammingError:
            raise
        except (Error, OSError) as error:
            self.close()
            self._tell(f"{self._file}: finished reviews cannot be kept: {reason(error)}, then start qcn-lsp again")
            return nothing

    def _open(self) -> "Database":
        """The open database: the file's, or that of a second one beside it if the file is another version's.

        An older and a newer qcn-lsp may run at the same time. If each set the other's file aside, neither would ever
        find anything. A file that was deleted or set aside by somebody else is let go of.
        """
        if self._database and self._seen == location.identity(self._file):
            return self._database
        self._disconnect()
        from qcn_lsp.storage.database import SCHEMA_VERSION, Database, OtherVersion

        self._path = self._path or location.default_path()
        self._file = self._path
        location.make_private_folder(self._path.parent)
        for file in (self._path, self._path.with_name(f"{self._path.name}.v{SCHEMA_VERSION}")):
            self._file, self._seen = file, location.identity(file)
            try:
                self._database = Database(file, self._patience_seconds)
            except OtherVersion:
                continue
            self._seen = self._seen or location.identity(file)
            return self._database
        raise location.Refused("another version of qcn-lsp wrote it; delete it")

    def _begin_anew(self) -> None:
        self._disconnect()
        if location.set_aside(self._file, self._seen):
            aside = f"{self._file.name}.broken"
            self._tell(f"{self._file}: was damaged and is now {aside}, which you may delete; reviews are made anew")

    def _disconnect(self) -> None:
        if self._database:
            self._database.close()
        self._database = None
