"""`initialize`: keeps what the client said and chooses between pushed and pulled diagnostics."""

from lsprotocol import types

from qcn_lsp.server.convert import SOURCE
from qcn_lsp.server.language_server import LanguageServer
from qcn_lsp.server.methods import diagnostic


def initialize(ls: LanguageServer, params: types.InitializeParams) -> None:
    """Runs before the capabilities are computed."""
    ls.protocol.keep_texts_ourselves()
    options = params.initialization_options
    ls.options = dict(options) if isinstance(options, dict) else {}
    # A client that cannot be told to pull again would show stale findings: verdicts arrive minutes after the last key.
    refreshes = ls.capability("workspace", "diagnostics", "refresh_support")
    ls.pulls = bool(refreshes and ls.capability("text_document", "diagnostic"))
    if ls.pulls:
        provider = types.DiagnosticOptions(
            inter_file_dependencies=False, workspace_diagnostics=False, identifier=SOURCE
        )
        ls.feature(types.TEXT_DOCUMENT_DIAGNOSTIC, provider)(diagnostic.diagnostic)
