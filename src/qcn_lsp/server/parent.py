"""Notices that the editor is gone."""

import asyncio
import os
from collections.abc import Callable

_SECONDS_BETWEEN_LOOKS = 2.0


def when_gone(process: int, act: Callable[[], None]) -> None:
    """Calls `act` once when a process has ended, as the specification asks of a server given `processId`.

    Linux tells at once and for nothing (pidfd); elsewhere it is looked at every two seconds.
    """
    loop = asyncio.get_running_loop()
    if hasattr(os, "pidfd_open"):
        try:
            descriptor = os.pidfd_open(process)
        except ProcessLookupError:
            act()
            return
        except OSError:
            pass  # an old kernel, or a sandbox that forbids it
        else:
            loop.add_reader(descriptor, _once(loop, descriptor, act))
            return
    if hasattr(os, "kill") and os.name == "posix":
        _look(loop, process, act)


def _once(loop: asyncio.AbstractEventLoop, descriptor: int, act: Callable[[], None]) -> Callable[[], None]:
    def ended() -> None:
        loop.remove_reader(descriptor)
        os.close(descriptor)
        act()

    return ended


def _look(loop: asyncio.AbstractEventLoop, process: int, act: Callable[[], None]) -> None:
    try:
        os.kill(process, 0)
    except ProcessLookupError:
        act()
        return
    except PermissionError:
        pass  # it exists and belongs to someone else
    loop.call_later(_SECONDS_BETWEEN_LOOKS, _look, loop, process, act)
