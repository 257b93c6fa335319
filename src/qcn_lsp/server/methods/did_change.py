"""`textDocument/didChange`: runs at every key, so it only notes the new text."""

from dataclasses import replace

from lsprotocol import types

from qcn_lsp.server.language_server import LanguageServer


def did_change(ls: LanguageServer, params: types.DidChangeTextDocumentParams) -> None:
    """The text changed; pygls has applied the edits already."""
    uri = params.text_document.uri
    opened = ls.session.documents.get(uri) if ls.has_session else None
    if opened:
        text = ls.workspace.get_text_document(uri)
        ls.session.change(replace(opened.document, text=text.source, version=text.version))
