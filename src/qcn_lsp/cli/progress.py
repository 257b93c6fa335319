"""A progress bar on standard error, if that is a terminal."""

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from rich.progress import Progress as Bar

    from qcn_lsp.session.batch import BatchWatch
    from qcn_lsp.session.watch import Progress


@contextmanager
def progress_on_terminal() -> "Iterator[BatchWatch]":
    """Whom to tell how a batch goes while the block runs."""
    if not sys.stderr.isatty():
        yield _Silent()
        return
    from rich.console import Console
    from rich.progress import BarColumn, MofNCompleteColumn, TextColumn, TimeElapsedColumn
    from rich.progress import Progress as Bar

    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeElapsedColumn())
    with Bar(*columns, TextColumn("{task.fields[detail]}"), console=Console(stderr=True), transient=True) as bar:
        yield _Terminal(bar)


class _Silent:
    def analyzed(self, done: int, total: int) -> None:
        """Nothing: nobody watches."""

    def reviewed(self, done: int, total: int) -> None:
        """Nothing."""

    def progress(self, progress: "Progress") -> None:
        """Nothing."""


class _Terminal:
    def __init__(self, bar: "Bar") -> None:
        self._bar = bar
        self._analyzing = bar.add_task("analyzing files", total=None, detail="")
        self._reviewing = bar.add_task("reviewing units", total=None, detail="", visible=False)

    def analyzed(self, done: int, total: int) -> None:
        self._bar.update(self._analyzing, completed=done, total=total)

    def reviewed(self, done: int, total: int) -> None:
        self._bar.update(self._reviewing, completed=done, total=total, visible=True)

    def progress(self, progress: "Progress") -> None:
        from qcn_lsp.session.watch import in_words

        self._bar.update(self._reviewing, visible=True, detail=in_words(progress))
