"""The project's values as LSP's, and back."""

from collections.abc import Sequence
from pathlib import Path

from lsprotocol import types
from pygls.uris import to_fs_path

from qcn_lsp.core import cwe
from qcn_lsp.core.document import Document
from qcn_lsp.core.finding import Finding, FindingState
from qcn_lsp.core.positions import Position, PositionEncoding, Span, encode_column
from qcn_lsp.core.severity import Severity

SOURCE = "qcn-lsp"

_CHECKED = {
    Severity.CRITICAL: types.DiagnosticSeverity.Error,
    Severity.HIGH: types.DiagnosticSeverity.Error,
    Severity.MEDIUM: types.DiagnosticSeverity.Warning,
    Severity.LOW: types.DiagnosticSeverity.Information,
}
# What only an analyzer suspects interrupts less: one step down.
_SUSPECTED = {
    Severity.CRITICAL: types.DiagnosticSeverity.Warning,
    Severity.HIGH: types.DiagnosticSeverity.Warning,
    Severity.MEDIUM: types.DiagnosticSeverity.Information,
    Severity.LOW: types.DiagnosticSeverity.Hint,
}


def to_range(span: Span, lines: Sequence[str], encoding: PositionEncoding) -> types.Range:
    """A span as the client counts it."""
    return types.Range(_to_position(span.start, lines, encoding), _to_position(span.end, lines, encoding))


def _to_position(position: Position, lines: Sequence[str], encoding: PositionEncoding) -> types.Position:
    line = lines[position.line] if position.line < len(lines) else ""
    return types.Position(position.line, encode_column(line, position.column, encoding))


def to_diagnostic(finding: Finding, document: Document, encoding: PositionEncoding) -> types.Diagnostic:
    """A finding as the editor shows it: the state is part of the text, so that it is always seen."""
    return types.Diagnostic(
        range=to_range(finding.span, document.lines, encoding),
        message=f"{finding.message} ({state_in_words(finding)})",
        severity=_severity(finding),
        code=cwe.code(finding.cwe),
        code_description=types.CodeDescription(href=cwe.url(finding.cwe)),
        source=SOURCE,
        related_information=[
            types.DiagnosticRelatedInformation(
                location=types.Location(document.uri, to_range(step.span, document.lines, encoding)),
                message=step.message,
            )
            for step in finding.related
        ]
        or None,
        data={
            "id": finding.id,
            "fingerprint": finding.fingerprint,
            "state": finding.state.value,
            "confidence": finding.confidence,
            "backend": finding.backend,
        },
    )


def _severity(finding: Finding) -> types.DiagnosticSeverity:
    if finding.state is FindingState.DISMISSED:
        return types.DiagnosticSeverity.Hint
    return (_SUSPECTED if finding.state is FindingState.CANDIDATE else _CHECKED)[finding.severity]


def state_in_words(finding: Finding) -> str:
    """`candidate` or `verified by precise`: who stands behind it."""
    if finding.state is FindingState.CANDIDATE:
        return "candidate, no model has looked"
    return f"{finding.state} by {finding.backend}"


def to_path(uri: str) -> Path | None:
    """A `file:` URI as a path, None for any other."""
    path = to_fs_path(uri) if uri.startswith("file:") else None
    return Path(path) if path else None
