"""Progress bars in the editor."""

import time
from collections.abc import Callable
from typing import TYPE_CHECKING

from lsprotocol import types

from qcn_lsp.session.watch import Progress, in_words

if TYPE_CHECKING:
    from concurrent.futures import Future

    from qcn_lsp.server.protocol import Protocol

# More often than this nobody can read it.
_SECONDS_BETWEEN_REPORTS = 0.2


class NoProgress:
    """For a client without progress bars."""

    def report(self, progress: Progress, done: int, total: int) -> None:
        """Nothing."""

    def end(self, text: str) -> None:
        """Nothing."""


class ProgressBar:
    """One `$/progress`, opened once the client has agreed to its token.

    Args:
        protocol: Where it is sent.
        token: Its token.
        title: What is done.
        cancel: Called when the user presses cancel.
        forget: Called when it has ended.
    """

    def __init__(
        self, protocol: "Protocol", token: str, title: str, cancel: Callable[[], None], forget: Callable[[], object]
    ) -> None:
        self._protocol = protocol
        self._token = token
        self._title = title
        self.cancel = cancel
        self._forget = forget
        self._agreed = False
        self._ended: str | None = None
        self._last = 0.0

    def open(self) -> None:
        """Asks the client for the bar; nothing waits for its answer, since some clients never give one."""
        params = types.WorkDoneProgressCreateParams(self._token)
        request = self._protocol.send_request(types.WINDOW_WORK_DONE_PROGRESS_CREATE, params)
        request.add_done_callback(self._answered)

    def report(self, progress: Progress, done: int, total: int) -> None:
        """Shows where a unit stands."""
        now = time.monotonic()
        if self._agreed and now - self._last >= _SECONDS_BETWEEN_REPORTS:
            self._last = now
            percentage = 100 * done // total
            self._send(
                types.WorkDoneProgressReport(
                    message=f"{in_words(progress)} ({done + 1} of {total})", percentage=percentage
                )
            )

    def end(self, text: str) -> None:
        """Closes the bar."""
        self._ended = text
        self._forget()
        if self._agreed:
            self._send(types.WorkDoneProgressEnd(message=text))

    def _answered(self, request: "Future[object]") -> None:
        if request.cancelled() or request.exception():
            return
        self._agreed = True
        self._send(types.WorkDoneProgressBegin(title=self._title, cancellable=True, percentage=0))
        if self._ended is not None:
            self._send(types.WorkDoneProgressEnd(message=self._ended))

    def _send(
        self, value: types.WorkDoneProgressBegin | types.WorkDoneProgressReport | types.WorkDoneProgressEnd
    ) -> None:
        self._protocol.notify(types.PROGRESS, types.ProgressParams(self._token, value))
