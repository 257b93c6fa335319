"""Servers in processes of their own: started, heard to say that they listen, and ended."""

import select
import subprocess
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import IO

START_SECONDS = 120.0
STOP_SECONDS = 10.0


@dataclass(frozen=True, slots=True)
class ServerProcess:
    """A running server. `said` is the first line it printed."""

    process: subprocess.Popen[str]
    said: str

    @property
    def root(self) -> str:
        """The first address in what it said, without `/v1`."""
        address = next(word for word in self.said.split() if word.startswith("http://"))
        return address.rstrip("/").removesuffix("/v1")

    @property
    def base_url(self) -> str:
        return f"{self.root}/v1"


@contextmanager
def running(command: Sequence[str]) -> Iterator[ServerProcess]:
    """Starts a server and ends it. Raises with its stderr if it says nothing in time."""
    with tempfile.TemporaryFile("w+") as errors:
        process = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=errors, stdin=subprocess.DEVNULL, text=True)
        try:
            yield ServerProcess(process, _first_line(process) or _complain(command, errors))
        finally:
            stop(process)


def stop(process: subprocess.Popen[str]) -> int:
    """Asks the process to end, makes it if it does not, and returns its exit code."""
    process.terminate()
    try:
        process.communicate(timeout=STOP_SECONDS)
    except subprocess.TimeoutExpired:
        process.kill()
        process.communicate()
    return process.returncode


def _first_line(process: subprocess.Popen[str]) -> str:
    assert process.stdout is not None
    ready, _, _ = select.select([process.stdout], [], [], START_SECONDS)
    return process.stdout.readline().strip() if ready else ""


def _complain(command: Sequence[str], errors: IO[str]) -> str:
    errors.seek(0)
    raise RuntimeError(f"{command} did not start:\n{errors.read()[-4000:]}")
