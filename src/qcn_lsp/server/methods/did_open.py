"""`textDocument/didOpen`."""

from lsprotocol import types

from qcn_lsp.server.language_server import LanguageServer


def did_open(ls: LanguageServer, params: types.DidOpenTextDocumentParams) -> None:
    """A document was opened."""
    document = ls.document(params.text_document.uri)
    if document:
        ls.session.open(document)
