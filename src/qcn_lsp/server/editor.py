"""The client as the session sees it: shows findings, progress and status."""

import uuid
from collections.abc import Callable
from typing import TYPE_CHECKING

from lsprotocol import types

from qcn_lsp.config.load import load, user_file
from qcn_lsp.config.settings import Settings
from qcn_lsp.core.document import Document
from qcn_lsp.core.finding import Finding
from qcn_lsp.errors import ConfigError
from qcn_lsp.server.convert import to_diagnostic
from qcn_lsp.server.progress import NoProgress, ProgressBar

if TYPE_CHECKING:
    from qcn_lsp.server.language_server import LanguageServer
    from qcn_lsp.session.client import ProgressReport

STATUS = "qcn/status"


class Editor:
    """Sends to the client what the session has to show.

    Args:
        ls: The server.
    """

    def __init__(self, ls: "LanguageServer") -> None:
        self._ls = ls
        self.progress_bars: dict[str | int, ProgressBar] = {}
        self._refreshing = self._refresh_again = False
        self._warned: set[str] = set()

    def read_settings(self) -> Settings:
        """The settings now; what is wrong in their sources is shown once and left at its default."""
        roots = self._ls.roots
        try:
            user = user_file(self._ls.user_config)
        except (ConfigError, OSError) as error:
            self._warn(str(error))
            user = None
        loaded = load(user, roots[0] if roots else None, self._ls.options)
        for problem in loaded.problems:
            self._warn(problem)
        return loaded.settings

    def findings_changed(self, uri: str) -> None:
        """Pushes the findings, or asks the client to pull them."""
        if self._ls.pulls:
            self._refresh()
        elif self._ls.session.up_to_date(uri):
            document, findings = self._ls.session.findings(uri)
            self._ls.text_document_publish_diagnostics(
                types.PublishDiagnosticsParams(
                    uri, self.diagnostics(document, findings), document.version if document else None
                )
            )

    def diagnostics(self, document: Document | None, findings: tuple[Finding, ...]) -> list[types.Diagnostic]:
        """Findings as the client shows them."""
        return [to_diagnostic(one, document, self._ls.encoding) for one in findings] if document else []

    def status_changed(self) -> None:
        """Tells the client which backends are up and how much is under review."""
        status = self._ls.session.status()
        backends = [
            {
                "name": one.name,
                "mode": one.mode.value,
                "state": one.state.value,
                "reason": one.reason,
                "queue": one.queue,
                "tokensPerSecond": one.tokens_per_second,
            }
            for one in status.backends
        ]
        self._ls.protocol.notify(
            STATUS,
            {
                "backends": backends,
                "reviewing": status.reviewing,
                "reviewer": status.reviewer,
                "unserved": status.unserved,
            },
        )

    def inform(self, text: str) -> None:
        """A line in the client's log, no pop-up."""
        self._ls.say(text, types.MessageType.Warning)

    def begin_progress(self, title: str, cancel: Callable[[], None]) -> "ProgressReport":
        """Opens a progress bar, where the client has any."""
        if not self._ls.capability("window", "work_done_progress"):
            return NoProgress()
        token = f"qcn-{uuid.uuid4()}"
        bar = ProgressBar(self._ls.protocol, token, title, cancel, lambda: self.progress_bars.pop(token, None))
        self.progress_bars[token] = bar
        bar.open()
        return bar

    def _warn(self, text: str) -> None:
        """Shows a sentence once, however often the settings are read."""
        if text in self._warned:
            return
        self._warned.add(text)
        self._ls.window_show_message(types.ShowMessageParams(types.MessageType.Warning, f"qcn-lsp: {text}"))

    def _refresh(self) -> None:
        """Asks the client to pull; one request at a time, since each makes it ask for every open document."""
        self._refresh_again = self._refreshing
        if self._refreshing:
            return
        self._refreshing = True

        def answered(_: object) -> None:
            self._refreshing = False
            if self._refresh_again:  # it may have pulled before the latest change
                self._refresh()

        self._ls.protocol.send_request(types.WORKSPACE_DIAGNOSTIC_REFRESH).add_done_callback(answered)
