"""The server object that every method gets as `ls`."""

import json
import logging
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any

from lsprotocol import types
from pygls.lsp.server import LanguageServer as PyglsServer
from pygls.uris import to_fs_path

from qcn_lsp import __version__
from qcn_lsp.core.positions import PositionEncoding
from qcn_lsp.server.protocol import Protocol

if TYPE_CHECKING:
    from qcn_lsp.core.document import Document
    from qcn_lsp.server.editor import Editor
    from qcn_lsp.session.session import Session

_LOG = logging.getLogger(__name__)


class LanguageServer(PyglsServer):
    """One editor's server.

    Args:
        user_config: The user's configuration file, None for the usual place.
    """

    protocol: Protocol

    def __init__(self, user_config: str | None = None) -> None:
        super().__init__("qcn-lsp", __version__, protocol_cls=Protocol)
        self.user_config = user_config
        self.options: dict[str, object] = {}
        self.pulls = False
        """Whether the client asks for diagnostics; else they are pushed, never both."""

    @cached_property
    def editor(self) -> "Editor":
        """The client as the session sees it."""
        from qcn_lsp.server.editor import Editor

        return Editor(self)

    @cached_property
    def session(self) -> "Session":
        """The session: made when the first document opens, so that starting stays cheap."""
        from qcn_lsp.session.session import Session
        from qcn_lsp.storage.async_store import AsyncStore

        return Session(self.editor, self.editor.read_settings(), lambda tell: AsyncStore(tell=tell))

    @property
    def has_session(self) -> bool:
        """Whether a document was ever opened."""
        return "session" in self.__dict__

    @property
    def encoding(self) -> PositionEncoding:
        """How the client counts columns."""
        return PositionEncoding(self.workspace.position_encoding or PositionEncoding.UTF16)

    @property
    def roots(self) -> list[Path]:
        """The workspace folders, the first one first."""
        uris = list(self.workspace.folders) or [uri for uri in [self.workspace.root_uri] if uri]
        return [Path(path) for uri in uris if (path := to_fs_path(uri))]

    def document(self, uri: str) -> "Document | None":
        """An open document as it is now; None for what is no source code of the user's (`git:`, Markdown, …)."""
        from qcn_lsp.core.document import Document
        from qcn_lsp.server.convert import to_path
        from qcn_lsp.session.paths import relative_path
        from qcn_lsp.syntax.languages import is_source, language_of

        path = to_path(uri)
        if path is None and not uri.startswith("untitled:"):
            return None
        text = self.workspace.get_text_document(uri)
        shown, root = relative_path(path, self.roots) if path else (uri, None)
        # Some editors call everything they do not know plain text.
        language = text.language_id if is_source(text.language_id or "") else language_of(shown)
        return Document(uri, shown, language, text.source, text.version, root) if language else None

    def capability(self, *path: str) -> Any:
        """A client capability by its attribute names; None where any step is missing."""
        value: Any = self.client_capabilities
        for name in path:
            value = getattr(value, name, None)
        return value

    def report_server_error(self, error: Exception, source: Any) -> None:  # noqa: ARG002 — pygls calls it so
        """Logs what went wrong without the message it came with, which may hold source text; never a pop-up."""
        if isinstance(error, json.JSONDecodeError):
            self.protocol.refuse_unreadable()
        _LOG.error("a message could not be handled: %s", type(error).__name__)

    def say(self, text: str, kind: types.MessageType = types.MessageType.Info) -> None:
        """One line in the client's log."""
        self.window_log_message(types.LogMessageParams(kind, text))
