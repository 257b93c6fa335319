"""`shutdown`: everything is given up, on the model servers too."""

from qcn_lsp.server.language_server import LanguageServer


async def shutdown(ls: LanguageServer, _: object = None) -> None:
    """Cancels reviews and closes connections."""
    if ls.has_session:
        await ls.session.shut_down()
