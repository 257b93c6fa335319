"""Which documents are not reviewed, and why."""

from qcn_lsp.config.settings import ReviewSettings
from qcn_lsp.core.document import Document
from qcn_lsp.errors import UnreadableFile
from qcn_lsp.workspace.files import check_reviewable
from qcn_lsp.workspace.walk import Ignored


def reason_to_skip(document: Document, ignored: Ignored, settings: ReviewSettings) -> str:
    """Why a document is not reviewed, to follow its path in a sentence; empty if it is."""
    if document.path in ignored:
        return "is ignored by the settings"
    if len(document.text) > settings.max_file_kib * 1024:
        return f"is larger than review.max_file_kib = {settings.max_file_kib}; not reviewed"
    if "\0" in document.text:
        return "holds NUL characters and is taken for binary; not reviewed"
    try:
        check_reviewable(document.text)
    except UnreadableFile as reason:
        return str(reason)
    return ""
