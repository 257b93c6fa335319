"""`workspace/didChangeConfiguration`: reads the settings anew."""

from concurrent.futures import Future

from lsprotocol import types

from qcn_lsp.server.language_server import LanguageServer

_SECTION = "qcn"


def did_change_configuration(ls: LanguageServer, params: types.DidChangeConfigurationParams) -> None:
    """Takes the settings the client sends along, or asks for them."""
    if ls.capability("workspace", "configuration"):
        ask_for_settings(ls)
        return
    sent = params.settings
    section = sent.get(_SECTION, sent) if isinstance(sent, dict) else {}
    _take(ls, section)


def ask_for_settings(ls: LanguageServer) -> None:
    """Asks for the section `qcn`, where the client answers such questions."""
    if not ls.capability("workspace", "configuration"):
        return

    def answered(request: Future[object]) -> None:
        if request.cancelled() or request.exception():
            return
        result = request.result()
        # cattrs makes a tuple of it.
        if isinstance(result, list | tuple) and result:
            _take(ls, result[0])

    params = types.ConfigurationParams([types.ConfigurationItem(section=_SECTION)])
    ls.protocol.send_request(types.WORKSPACE_CONFIGURATION, params).add_done_callback(answered)


def _take(ls: LanguageServer, section: object) -> None:
    """Lays the section over the initialization options; before the first document it is only kept."""
    if isinstance(section, dict) and section:
        ls.options = {**ls.options, **section}
    if ls.has_session:
        ls.session.configure(ls.editor.read_settings())
