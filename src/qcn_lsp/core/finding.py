"""A finding: a candidate or a verdict that was checked against the code and can be shown."""

import hashlib
from dataclasses import dataclass
from enum import StrEnum

from qcn_lsp.core.positions import Span
from qcn_lsp.core.severity import Severity


class FindingState(StrEnum):
    """Who stands behind a finding."""

    CANDIDATE = "candidate"  # an in-process analyzer
    PRELIMINARY = "preliminary"  # a fast backend
    VERIFIED = "verified"  # the precise backend
    DISMISSED = "dismissed"  # the precise backend, or the user, said no


@dataclass(frozen=True, slots=True)
class Related:
    """A step on the way from source to sink."""

    span: Span
    message: str


@dataclass(frozen=True, slots=True)
class Finding:
    """What is shown to the user.

    Args:
        fingerprint: Identity across edits elsewhere in the file: path, weakness, unit name and the normalized line.
        path: Relative to the workspace, with forward slashes.
        span: Where, in code points.
        cwe: The weakness' number; it exists.
        severity: How bad.
        confidence: From 0 to 1.
        state: Who stands behind it.
        backend: The mode that said so (`precise`, `embedded`, …).
        message: One clause.
        rule: The analyzer's rule, empty if only a model found it.
        related: The path from source to sink.
        occurrence: 0 for the first finding with this fingerprint in the file, 1 for the next, …
    """

    fingerprint: str
    path: str
    span: Span
    cwe: int
    severity: Severity
    confidence: float
    state: FindingState
    backend: str
    message: str
    rule: str = ""
    related: tuple[Related, ...] = ()
    occurrence: int = 0

    @property
    def id(self) -> str:
        """Unique within a report: the fingerprint, and which of its occurrences."""
        return self.fingerprint if not self.occurrence else f"{self.fingerprint}.{self.occurrence}"


def fingerprint(path: str, cwe: int, unit_name: str, line: str) -> str:
    """The identity of a finding across edits: 16 hexadecimal digits.

    White space does not count, so re-indenting keeps a finding; nor do line numbers, so edits elsewhere keep it.
    """
    text = "\0".join((path, str(cwe), unit_name, " ".join(line.split())))
    return hashlib.blake2b(text.encode("utf-8", "surrogatepass"), digest_size=8).hexdigest()
