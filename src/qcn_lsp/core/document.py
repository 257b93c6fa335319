"""A text as it is now: in the editor if it is open there, else on disk."""

from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

from qcn_lsp.core.positions import split_lines


@dataclass(frozen=True)
class Document:
    """One immutable state of a file.

    Args:
        uri: The document's URI as the editor spells it.
        path: Path shown to people and written to reports, relative to the workspace, with forward slashes.
        language: LSP language identifier (`python`, `typescriptreact`, …); empty where nobody knows.
        text: The whole text.
        version: The editor's version, None for a file read from disk.
        root: The workspace folder it belongs to, None for a file outside every folder.
    """

    uri: str
    path: str
    language: str
    text: str
    version: int | None = None
    root: Path | None = None

    @cached_property
    def lines(self) -> list[str]:
        """The lines without their ends."""
        return split_lines(self.text)
