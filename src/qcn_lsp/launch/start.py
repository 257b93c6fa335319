"""Starts a server in a session of its own and watches it load."""

import subprocess
import time
from collections.abc import Callable
from contextlib import suppress
from dataclasses import replace
from datetime import datetime

from qcn_lsp.launch.errors import LaunchError
from qcn_lsp.launch.health import Health, health
from qcn_lsp.launch.log_facts import printable, read_facts, telling_line
from qcn_lsp.launch.plan import Plan
from qcn_lsp.launch.processes import start_mark
from qcn_lsp.launch.state import Started, StateFolder
from qcn_lsp.launch.stop import stop

Watch = Callable[[float, str], None]
"""Told now and then while a server loads: seconds since its start, and the last line of its log."""

_PAUSE_SECONDS = 0.2


def start(plan: Plan, state: StateFolder, seconds: float, watch: Watch) -> Started:
    """Starts a server and waits until it is ready. Whatever goes wrong while it loads, it is stopped again.

    Args:
        plan: What to start.
        state: Where to keep it.
        seconds: How long to wait; 0 does not wait at all. After that it is left to load.
        watch: Whom to tell meanwhile.

    Raises:
        LaunchError: It could not be started, ended while loading, or is not ready in time.
    """
    process = _spawn(plan, state)
    # Whoever started it does not stay to see it end, and Python would complain of that.
    try:
        started = _note(plan, process, state)
        if not seconds:
            return started
        try:
            is_ready = _wait(plan, process, state, seconds, watch)
        except BaseException:
            stop(plan.profile.name, state)
            raise
    finally:
        process.returncode = process.poll() or 0
    if not is_ready:
        raise LaunchError(
            f"{plan.profile.name} is still loading after {seconds:g} s and goes on doing so (log: {started.log}); "
            f"see `qcn-lsp backend list`, or stop it with `qcn-lsp backend down {plan.profile.name}`"
        )
    with_facts = replace(started, facts=read_facts(state.log_text(plan.profile.name)))
    state.write(with_facts)
    return with_facts


def _spawn(plan: Plan, state: StateFolder) -> subprocess.Popen[bytes]:
    """The server runs in the state folder: llama.cpp loads libraries, and vLLM models, from the current one."""
    with state.new_log(plan.profile.name) as log:
        try:
            return subprocess.Popen(  # noqa: S603 - the command consists of the profile and the user's own options
                plan.words,
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=subprocess.STDOUT,
                cwd=state.folder,
                start_new_session=True,
            )
        except OSError as error:
            raise LaunchError(f"{plan.words[0]}: cannot be run ({error.strerror})") from error


def _note(plan: Plan, process: subprocess.Popen[bytes], state: StateFolder) -> Started:
    try:
        started = Started(
            name=plan.profile.name,
            pid=process.pid,
            # Empty if it has ended already: then it is not taken for running later.
            mark=start_mark(process.pid) or "",
            command=plan.words,
            port=plan.port,
            log=str(state.log(plan.profile.name)),
            date=datetime.now().astimezone().isoformat(timespec="seconds"),
            container=plan.container,
        )
        state.write(started)
    except BaseException:
        # What is not written down would never be stopped.
        with suppress(ProcessLookupError):
            process.kill()
        raise
    return started


def _wait(plan: Plan, process: subprocess.Popen[bytes], state: StateFolder, seconds: float, watch: Watch) -> bool:
    begun = time.monotonic()
    while True:
        state_of_server = health(plan.port)
        # Asked after the health, so that another server's answer is not taken for that of one that has ended.
        if process.poll() is not None:
            raise _ended(plan, process.returncode, state)
        if state_of_server is Health.READY:
            return True
        passed = time.monotonic() - begun
        if passed > seconds:
            return False
        watch(passed, _last_line(state.log_text(plan.profile.name)))
        time.sleep(_PAUSE_SECONDS)


def _ended(plan: Plan, code: int, state: StateFolder) -> LaunchError:
    how = f"by signal {-code}" if code < 0 else f"with exit code {code}"
    line = telling_line(state.log_text(plan.profile.name))
    says = f": {line}" if line else " without a word"
    return LaunchError(f"{plan.profile.name} ended {how} while loading (log: {state.log(plan.profile.name)}){says}")


def _last_line(log: str) -> str:
    lines = log.rstrip().splitlines()
    return printable(lines[-1]) if lines else ""
