"""`initialized`: watches the editor's process and asks for the editor's settings."""

from lsprotocol import types

from qcn_lsp.server.language_server import LanguageServer
from qcn_lsp.server.methods.did_change_configuration import ask_for_settings
from qcn_lsp.server.parent import when_gone


def initialized(ls: LanguageServer, _: types.InitializedParams) -> None:
    """The client is ready to be asked."""
    if ls.process_id:
        when_gone(ls.process_id, lambda: ls.protocol.stop(1))
    if ls.capability("workspace", "did_change_configuration", "dynamic_registration"):
        registration = types.Registration("qcn-configuration", types.WORKSPACE_DID_CHANGE_CONFIGURATION)
        ls.protocol.send_request(types.CLIENT_REGISTER_CAPABILITY, types.RegistrationParams([registration]))
    ask_for_settings(ls)
