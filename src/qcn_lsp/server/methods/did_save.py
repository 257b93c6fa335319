"""`textDocument/didSave`."""

from lsprotocol import types

from qcn_lsp.server.language_server import LanguageServer


def did_save(ls: LanguageServer, params: types.DidSaveTextDocumentParams) -> None:
    """A document was saved: with `review.trigger = "save"` the model is asked about what changed."""
    if ls.has_session:
        ls.session.save(params.text_document.uri)
