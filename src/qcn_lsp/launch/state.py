"""What was started, kept on disk so that only that is ever stopped.

`$XDG_STATE_HOME/qcn-lsp/backends/` (folder 0700, files 0600) has for each mode `MODE.json`, `MODE.log`, the log before
it as `MODE.log.1`, and `MODE.lock`, which is held while a server is being started.
"""

import os
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from qcn_lsp.launch.errors import LaunchError
from qcn_lsp.launch.log_facts import LogFacts
from qcn_lsp.launch.processes import is_same

if TYPE_CHECKING:
    from pydantic import TypeAdapter

_PRIVATE_FOLDER = 0o700
_PRIVATE_FILE = 0o600
# While loading a server writes far less; later its log grows with every request, and says nothing that matters here.
_LOG_START_BYTES = 4 << 20


@dataclass(frozen=True, slots=True)
class Started:
    """A server that was started from here.

    Args:
        name: Of the profile.
        pid: Its process, or that of `podman run` around it.
        mark: Tells the process from a later one of the same number.
        command: As it was started.
        port: Where it listens.
        log: Its output.
        date: When, ISO 8601 with the zone.
        container: The container's name, empty without one.
        facts: What its log said when it had loaded, None before.
    """

    name: str
    pid: int
    mark: str
    command: tuple[str, ...]
    port: int
    log: str
    date: str
    container: str = ""
    facts: LogFacts | None = None

    @property
    def runs(self) -> bool:
        """Whether the process is still there, and still that one."""
        return is_same(self.pid, self.mark)


class StateFolder:
    """The folder with everything that is known of started servers.

    Args:
        folder: Where; made when something is written.
    """

    def __init__(self, folder: Path | None = None) -> None:
        self.folder = folder or _usual_folder()

    def log(self, name: str) -> Path:
        """Where a profile's server writes."""
        return self.folder / f"{name}.log"

    def log_text(self, name: str) -> str:
        """The first four MiB of a server's log, empty if there is none."""
        try:
            with self.log(name).open("rb") as log:
                return log.read(_LOG_START_BYTES).decode(errors="replace")
        except OSError:
            return ""

    def running(self, name: str) -> Started | None:
        """What was started under a name and still runs. A file that cannot be read counts as none."""
        try:
            started = _adapter().validate_json(self._file(name).read_bytes())
        except (OSError, ValueError):
            return None
        return started if started.name == name and started.runs else None

    def is_damaged(self, name: str) -> bool:
        """Whether there is a file that cannot be read, so that nobody knows what was started."""
        try:
            _adapter().validate_json(self._file(name).read_bytes())
        except OSError:
            return False
        except ValueError:
            return True
        return False

    def write(self, started: Started) -> None:
        """Keeps what was started, whole or not at all."""
        with self._as_errors():
            new = self._file(f".{started.name}.{os.getpid()}")
            with self._create(new) as descriptor:
                os.write(descriptor, _adapter().dump_json(started, indent=2))
            new.replace(self._file(started.name))

    def forget(self, name: str) -> None:
        """Drops what is known of a server that has ended."""
        with suppress(OSError):
            self._file(name).unlink()

    @contextmanager
    def new_log(self, name: str) -> Iterator[int]:
        """A file descriptor of an empty log; the log before it is kept as `.log.1`."""
        with self._as_errors():
            log = self.log(name)
            with suppress(FileNotFoundError):
                log.replace(log.with_name(f"{log.name}.1"))
        with self._create(log) as descriptor:
            yield descriptor

    @contextmanager
    def lock(self, name: str) -> Iterator[None]:
        """Only one at a time starts a server of that name.

        Raises:
            LaunchError: Another is at it, or the folder cannot be written.
        """
        try:
            import fcntl
        except ImportError:
            raise LaunchError(
                f"servers can be started on Linux and macOS only; `qcn-lsp backend command {name}` prints the command"
            ) from None
        with self._as_errors():
            self.folder.mkdir(_PRIVATE_FOLDER, parents=True, exist_ok=True)
            descriptor = os.open(self.folder / f"{name}.lock", os.O_CREAT | os.O_RDWR | os.O_NOFOLLOW, _PRIVATE_FILE)
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            os.close(descriptor)
            raise LaunchError(
                f"{name} is just being started by another `qcn-lsp backend up`; wait for it, "
                f"or stop the server with `qcn-lsp backend down {name}`"
            ) from None
        try:
            yield
        finally:
            os.close(descriptor)

    def _file(self, name: str) -> Path:
        return self.folder / f"{name}.json"

    @contextmanager
    def _create(self, path: Path) -> Iterator[int]:
        """A new file; one that somebody put there is not written through."""
        with self._as_errors():
            with suppress(FileNotFoundError):
                path.unlink()
            descriptor = os.open(path, os.O_CREAT | os.O_EXCL | os.O_WRONLY, _PRIVATE_FILE)
        try:
            yield descriptor
        finally:
            os.close(descriptor)

    @contextmanager
    def _as_errors(self) -> Iterator[None]:
        try:
            yield
        except OSError as error:
            raise LaunchError(
                f"{self.folder}: cannot be written ({error.strerror}); set XDG_STATE_HOME to a folder that can"
            ) from error


def _usual_folder() -> Path:
    state = os.environ.get("XDG_STATE_HOME", "")
    # The specification of these variables says that a relative path counts as unset.
    base = Path(state) if Path(state).is_absolute() else Path.home() / ".local" / "state"
    return base / "qcn-lsp" / "backends"


def _adapter() -> "TypeAdapter[Started]":
    from pydantic import TypeAdapter

    return TypeAdapter(Started)
