"""Stops what was started from here, and nothing else."""

import subprocess
from contextlib import suppress

from qcn_lsp.launch.errors import LaunchError
from qcn_lsp.launch.processes import GRACE_SECONDS, end
from qcn_lsp.launch.state import Started, StateFolder

# Podman takes its own time around the container's.
_PODMAN_SECONDS = 3 * GRACE_SECONDS


def stop(name: str, state: StateFolder) -> Started | None:
    """Stops a profile's server.

    Returns:
        What was stopped, None if nothing of ours runs.

    Raises:
        LaunchError: It does not end.
    """
    started = state.running(name)
    if started is None:
        if not state.is_damaged(name):
            state.forget(name)
        return None
    if started.container:
        _stop_container(started)
    try:
        gone = end(started.pid, started.mark)
    except PermissionError:
        gone = False
    if not gone:
        raise LaunchError(f"{name} (pid {started.pid}) does not end; end it by hand, and see its log: {started.log}")
    state.forget(name)
    return started


def _stop_container(started: Started) -> None:
    """What this does not achieve, ending `podman run` does: it hands its signals on."""
    arguments = [started.command[0], "stop", "--time", f"{GRACE_SECONDS:.0f}", started.container]
    with suppress(OSError, subprocess.SubprocessError):
        subprocess.run(  # noqa: S603 - the podman that started the container
            arguments,
            stdin=subprocess.DEVNULL,
            capture_output=True,
            timeout=_PODMAN_SECONDS,
            check=False,
        )
