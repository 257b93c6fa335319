"""Only the process that was started is taken for it, and it does end."""

import os
import signal
import subprocess
import sys
from collections.abc import Iterator

import pytest

from qcn_lsp.launch import processes
from qcn_lsp.launch.processes import end, is_same, start_mark

STUBBORN = (
    "import signal, time; signal.signal(signal.SIGTERM, signal.SIG_IGN); print('ready', flush=True); time.sleep(600)"
)
WITH_CHILD = (
    "import subprocess, sys, time; print(subprocess.Popen([sys.executable, '-c', 'import time; time.sleep(600)']).pid,"
    " flush=True); time.sleep(600)"
)


@pytest.fixture
def child(request: pytest.FixtureRequest) -> Iterator[subprocess.Popen[str]]:
    command = [sys.executable, "-c", request.param]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True, start_new_session=True) as process:
        yield process
        process.kill()


@pytest.mark.parametrize("child", [STUBBORN], indirect=True)
def test_a_process_that_does_not_listen_is_killed(
    child: subprocess.Popen[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    assert child.stdout is not None
    child.stdout.readline()
    monkeypatch.setattr(processes, "GRACE_SECONDS", 0.3)
    mark = start_mark(child.pid)
    assert mark
    assert end(child.pid, mark)
    assert child.wait() == -signal.SIGKILL


@pytest.mark.parametrize("child", [WITH_CHILD], indirect=True)
def test_what_a_server_started_ends_with_it(child: subprocess.Popen[str]) -> None:
    assert child.stdout is not None
    grandchild = int(child.stdout.readline())
    mark, mark_of_grandchild = start_mark(child.pid), start_mark(grandchild)
    assert mark
    assert mark_of_grandchild
    assert end(child.pid, mark)
    assert child.stdout.read() == ""  # both have closed it
    assert child.wait() == -signal.SIGTERM


@pytest.mark.parametrize("child", [STUBBORN], indirect=True)
def test_another_process_of_the_same_number_is_left_alone(child: subprocess.Popen[str]) -> None:
    assert child.stdout is not None
    child.stdout.readline()
    mark = start_mark(child.pid)
    assert not is_same(child.pid, f"{mark}1")
    assert end(child.pid, f"{mark}1")
    child.send_signal(signal.SIGUSR1)
    assert child.wait() == -signal.SIGUSR1  # nothing else has ended it before


@pytest.mark.parametrize("child", ["pass"], indirect=True)
def test_a_process_that_nobody_has_waited_for_has_ended(child: subprocess.Popen[str]) -> None:
    os.waitid(os.P_PID, child.pid, os.WEXITED | os.WNOWAIT)
    assert start_mark(child.pid) is None


def test_without_proc_ps_tells_the_start() -> None:
    mark = processes._start_mark_of_ps(os.getpid())
    assert mark
    assert mark == processes._start_mark_of_ps(os.getpid())
    assert str(2025) < mark.split()[-1]
    assert processes._start_mark_of_ps(2**22 + 1) is None
