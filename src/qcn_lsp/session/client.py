"""What a session needs of the editor."""

from collections.abc import Callable
from typing import Protocol

from qcn_lsp.session.watch import Progress


class ProgressReport(Protocol):
    """A progress bar in the editor."""

    def report(self, progress: Progress, done: int, total: int) -> None:
        """Shows where a unit stands, and how many of all are done."""

    def end(self, text: str) -> None:
        """Closes it."""


class Client(Protocol):
    """The editor."""

    def findings_changed(self, uri: str) -> None:
        """Findings of a document are to be shown anew."""

    def status_changed(self) -> None:
        """A review began or ended, or a backend came or went."""

    def inform(self, text: str) -> None:
        """One sentence the user should know; not a pop-up."""

    def begin_progress(self, title: str, cancel: Callable[[], None]) -> ProgressReport:
        """Opens a progress bar whose cancel button calls `cancel`."""
        ...
