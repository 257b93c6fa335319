"""`window/workDoneProgress/cancel`: the user pressed cancel."""

from lsprotocol import types

from qcn_lsp.server.language_server import LanguageServer


def work_done_progress_cancel(ls: LanguageServer, params: types.WorkDoneProgressCancelParams) -> None:
    """Gives up the run, which closes its streams and so frees the server's slots."""
    bar = ls.editor.progress_bars.get(params.token)
    if bar:
        bar.cancel()
