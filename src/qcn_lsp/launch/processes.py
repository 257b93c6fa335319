"""Processes that outlive the command that started them: whether one is still the same, and how to end it."""

import os
import signal
import subprocess
import time
from contextlib import suppress
from pathlib import Path

GRACE_SECONDS = 10.0
_PAUSE_SECONDS = 0.05
# `/proc/PID/stat` after the name in parentheses: the state comes first, the start time 19 fields later.
_STATE, _START = 0, 19
_ENDED = frozenset("ZXx")


def start_mark(pid: int) -> str | None:
    """What tells a process from a later one of the same number: when it started. None if it has ended.

    A zombie has ended: it only waits for somebody to take note.
    """
    proc = Path("/proc")
    if not (proc / "self" / "stat").exists():
        return _start_mark_of_ps(pid)
    try:
        text = (proc / str(pid) / "stat").read_text(errors="replace")
    except (FileNotFoundError, ProcessLookupError):
        return None
    fields = text.rpartition(")")[2].split()
    if fields[_STATE] in _ENDED:
        return None
    return f"{_boot()}:{fields[_START]}"


def is_same(pid: int, mark: str) -> bool:
    """Whether the process still runs that had this number and this start."""
    return start_mark(pid) == mark


def end(pid: int, mark: str) -> bool:
    """Ends a process that leads its own group: SIGTERM, and after ten seconds SIGKILL to the whole group.

    Returns:
        Whether it is gone.

    Raises:
        PermissionError: It belongs to somebody else.
    """
    if not is_same(pid, mark):
        return True
    with suppress(ProcessLookupError):
        os.kill(pid, signal.SIGTERM)
    _wait(pid, mark)
    # What it started may outlive it, and hold the GPU.
    with suppress(ProcessLookupError):
        os.killpg(pid, signal.SIGKILL)
    return _wait(pid, mark)


def _wait(pid: int, mark: str) -> bool:
    deadline = time.monotonic() + GRACE_SECONDS
    while is_same(pid, mark):
        if time.monotonic() > deadline:
            return False
        time.sleep(_PAUSE_SECONDS)
    return True


def _boot() -> str:
    """Start times count from the boot of the machine, so they mean nothing after the next one."""
    try:
        return Path("/proc/sys/kernel/random/boot_id").read_text().strip()
    except OSError:
        return ""


def _start_mark_of_ps(pid: int) -> str | None:
    """Where there is no `/proc`, as on macOS."""
    arguments = ["/bin/ps", "-o", "state=,lstart=", "-p", str(pid)]
    done = subprocess.run(arguments, capture_output=True, text=True, check=False)  # noqa: S603 - a number is no risk
    state, _, started = done.stdout.strip().partition(" ")
    return started.strip() if started and state[0] not in _ENDED else None
