"""`textDocument/diagnostic`: the client pulls."""

import hashlib

from lsprotocol import types

from qcn_lsp.server.language_server import LanguageServer


async def diagnostic(ls: LanguageServer, params: types.DocumentDiagnosticParams) -> types.DocumentDiagnosticReport:
    """Waits for the analysis of the text as it is now; verdicts that come later ask for another pull."""
    uri = params.text_document.uri
    if not ls.has_session:
        return types.RelatedFullDocumentDiagnosticReport(items=[])
    await ls.session.settled(uri)
    document, findings = ls.session.findings(uri)
    items = ls.editor.diagnostics(document, findings)
    result = hashlib.blake2b(repr(items).encode("utf-8", "surrogatepass"), digest_size=8).hexdigest()
    if result == params.previous_result_id:
        return types.RelatedUnchangedDocumentDiagnosticReport(result_id=result)
    return types.RelatedFullDocumentDiagnosticReport(items=items, result_id=result)
