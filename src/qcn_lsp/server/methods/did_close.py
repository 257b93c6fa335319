"""`textDocument/didClose`."""

from lsprotocol import types

from qcn_lsp.server.language_server import LanguageServer


def did_close(ls: LanguageServer, params: types.DidCloseTextDocumentParams) -> None:
    """A document was closed: its findings go, and what runs for it is given up."""
    if ls.has_session:
        ls.session.close(params.text_document.uri)
