"""Where the store's files are, and that they are nobody else's: they hold quotes of private code."""

import os
import stat
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import TypeAlias

_PRIVATE_FOLDER = 0o700
_PRIVATE_FILE = 0o600
# SQLite keeps up to three files beside a database, named after it.
_SUFFIXES = ("-wal", "-shm", "-journal", "")

Identity: TypeAlias = tuple[int, int]
"""Device and number of a file."""


class Refused(OSError):
    """A folder or file that is not safe to use. The text says what it is and what to do."""


def default_path() -> Path:
    """`$XDG_CACHE_HOME/qcn-lsp/reviews.sqlite3`, or the same in `~/.cache`.

    Raises:
        Refused: Nobody knows where the user's home is.
    """
    cache = os.environ.get("XDG_CACHE_HOME", "")
    try:
        # The specification of these variables says that a relative path counts as unset.
        base = Path(cache) if Path(cache).is_absolute() else Path.home() / ".cache"
    except RuntimeError:
        raise Refused("this user has no home folder; set XDG_CACHE_HOME to a folder that can be written") from None
    return base / "qcn-lsp" / "reviews.sqlite3"


def make_private_folder(folder: Path) -> None:
    """Makes the folder, or closes it to others.

    Raises:
        Refused: It belongs to somebody else.
        OSError: It cannot be made or changed.
    """
    folder.mkdir(_PRIVATE_FOLDER, parents=True, exist_ok=True)
    _make_private(folder, folder.stat(), _PRIVATE_FOLDER)


def make_private_file(file: Path) -> None:
    """Closes a file to others if it is there.

    The file is looked at but not opened: closing it would drop the locks that SQLite holds on it in this process. What
    is seen stays true, since nobody else can write into its folder.

    Raises:
        Refused: It is a link or something else that is no file, or it belongs to somebody else.
        OSError: It cannot be changed.
    """
    with suppress(FileNotFoundError):
        found = file.lstat()
        if not stat.S_ISREG(found.st_mode):
            raise Refused("it is a link or no file at all; delete it")
        _make_private(file, found, _PRIVATE_FILE)


def _make_private(path: Path, found: os.stat_result, mode: int) -> None:
    if os.name != "posix":
        return  # elsewhere the user's own folders are private already
    if found.st_uid != os.getuid():
        raise Refused(f"{path.name} belongs to another user; set XDG_CACHE_HOME to a folder of your own")
    if stat.S_IMODE(found.st_mode) != mode:
        path.chmod(mode)


def identity(file: Path) -> Identity | None:
    """Tells a file from another one of the same name; None if there is none."""
    try:
        found = file.stat()
    except FileNotFoundError:
        return None
    return found.st_dev, found.st_ino


def set_aside(file: Path, seen: Identity | None) -> bool:
    """Renames a database to `NAME.broken`, in the place of an earlier one.

    A process that still has it open goes on with the renamed files. SQLite leaves the new ones alone when it closes.

    Args:
        file: The database.
        seen: Which file was found to be broken. If it is no longer there, another process was faster, and what is there
            now stays.

    Returns:
        Whether it was renamed.
    """
    with _one_at_a_time(file.parent):
        if seen is None or identity(file) != seen:
            return False
        for suffix in _SUFFIXES:
            target = file.with_name(f"{file.name}.broken{suffix}")
            target.unlink(missing_ok=True)
            with suppress(FileNotFoundError):
                file.with_name(file.name + suffix).rename(target)
    return True


def delete_others(path: Path, used: Path) -> None:
    """Deletes what was set aside, and what other versions of qcn-lsp keep beside it."""
    ours = {used.name + suffix for suffix in _SUFFIXES}
    for file in path.parent.iterdir():
        if file.name.startswith(path.name) and file.name not in ours:
            file.unlink(missing_ok=True)


@contextmanager
def _one_at_a_time(folder: Path) -> Iterator[None]:
    """Holds other processes up that are about to set a file aside."""
    try:
        import fcntl
    except ImportError:
        yield  # on Windows a file that is open cannot be renamed anyway
        return
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX)
        yield
    finally:
        os.close(descriptor)
