"""What this machine has: programs and cores. Never looks into the current folder, which may be a hostile repository."""

import os
import shutil
import subprocess
from pathlib import Path

from qcn_lsp.errors import ConfigError

_HELP_SECONDS = 20.0
_CPUS = Path("/sys/devices/system/cpu")
# More threads do not make a small model faster: it is bound by memory.
_MOST_LOCAL_THREADS = 8


def find_program(name: str) -> str | None:
    """The absolute path of a program on PATH; entries that depend on the current folder do not count."""
    entries = os.environ.get("PATH", os.defpath).split(os.pathsep)
    absolute = os.pathsep.join(entry for entry in entries if Path(entry).is_absolute())
    return shutil.which(name, path=absolute) if absolute else None


def named_program(name: str) -> str:
    """The absolute path of a program the user named, by a path or on PATH.

    Raises:
        ConfigError: There is none.
    """
    path = Path(name).expanduser().absolute() if os.sep in name else None
    found = find_program(name) if path is None else str(path) if os.access(path, os.X_OK) and path.is_file() else None
    if found is None:
        raise ConfigError(f"--program {name}: no such program; name a file that can be run")
    return found


def help_text(program: str) -> str:
    """What the program says of its flags, empty if it does not."""
    try:
        done = subprocess.run(  # noqa: S603 - the program that is about to be started anyway
            [program, "--help"],
            stdin=subprocess.DEVNULL,
            capture_output=True,
            timeout=_HELP_SECONDS,
            check=False,
            cwd="/",
        )
    except (OSError, subprocess.SubprocessError):
        return ""
    return (done.stdout + done.stderr).decode(errors="replace")


def cores() -> tuple[int, int]:
    """Physical and logical cores this process may use."""
    try:
        usable = os.sched_getaffinity(0)
    except AttributeError:
        count = os.cpu_count() or 1
        return count, count
    siblings = {_siblings(cpu) for cpu in usable}
    return len(siblings), len(usable)


def local_threads(physical: int) -> int:
    """Threads for a small model: one core stays free for the editor and the analyzers.

    Threads wait for each other after every layer: on a busy machine with two cores, two threads were ten times slower
    than one.
    """
    return max(1, min(physical - 1, _MOST_LOCAL_THREADS))


def _siblings(cpu: int) -> str:
    """The logical cores that share a physical one with this one."""
    try:
        return (_CPUS / f"cpu{cpu}" / "topology" / "thread_siblings_list").read_text()
    except OSError:
        return str(cpu)
