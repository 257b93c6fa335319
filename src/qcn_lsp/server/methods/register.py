"""Enters every method and command at the server."""

from lsprotocol import types

from qcn_lsp.server.language_server import LanguageServer
from qcn_lsp.server.methods.commands import COMMANDS
from qcn_lsp.server.methods.did_change import did_change
from qcn_lsp.server.methods.did_change_configuration import did_change_configuration
from qcn_lsp.server.methods.did_close import did_close
from qcn_lsp.server.methods.did_open import did_open
from qcn_lsp.server.methods.did_save import did_save
from qcn_lsp.server.methods.hover import hover
from qcn_lsp.server.methods.initialize import initialize
from qcn_lsp.server.methods.initialized import initialized
from qcn_lsp.server.methods.shutdown import shutdown
from qcn_lsp.server.methods.work_done_progress_cancel import work_done_progress_cancel


def register(ls: LanguageServer) -> None:
    """Enters everything; `textDocument/diagnostic` is entered by `initialize`, for clients that pull."""
    ls.feature(types.INITIALIZE)(initialize)
    ls.feature(types.INITIALIZED)(initialized)
    ls.feature(types.SHUTDOWN)(shutdown)
    ls.feature(types.TEXT_DOCUMENT_DID_OPEN)(did_open)
    ls.feature(types.TEXT_DOCUMENT_DID_CHANGE)(did_change)
    ls.feature(types.TEXT_DOCUMENT_DID_SAVE)(did_save)
    ls.feature(types.TEXT_DOCUMENT_DID_CLOSE)(did_close)
    ls.feature(types.TEXT_DOCUMENT_HOVER)(hover)
    ls.feature(types.WORKSPACE_DID_CHANGE_CONFIGURATION)(did_change_configuration)
    ls.feature(types.WINDOW_WORK_DONE_PROGRESS_CANCEL)(work_done_progress_cancel)
    for name, command in COMMANDS.items():
        ls.command(name)(command)
