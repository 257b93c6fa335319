"""The JSON of `qcn-lsp check --format json`: lines and characters from 0, characters in UTF-16."""

import json
from dataclasses import asdict

from qcn_lsp.core import cwe
from qcn_lsp.core.finding import Finding
from qcn_lsp.core.positions import Position, PositionEncoding, Span, encode_column
from qcn_lsp.report.model import Report

VERSION = 1


def render(report: Report) -> str:
    """The report as JSON text, with a final newline."""
    stats = asdict(report.stats)
    stats["seconds"] = round(stats["seconds"], 3)
    document = {
        "version": VERSION,
        "reviewer": report.reviewer,
        "findings": [_finding(report, one) for one in report.findings],
        "problems": [asdict(one) for one in report.problems],
        "notes": list(report.notes),
        "stats": stats,
    }
    return json.dumps(document, indent=2, ensure_ascii=False) + "\n"


def _finding(report: Report, finding: Finding) -> dict[str, object]:
    return {
        "id": finding.id,
        "fingerprint": finding.fingerprint,
        "path": finding.path,
        "range": _range(report, finding.path, finding.span),
        "cwe": cwe.code(finding.cwe),
        "severity": finding.severity.value,
        "confidence": finding.confidence,
        "state": finding.state.value,
        "backend": finding.backend,
        "rule": finding.rule,
        "message": finding.message,
        "related": [
            {"range": _range(report, finding.path, step.span), "message": step.message} for step in finding.related
        ],
    }


def _range(report: Report, path: str, span: Span) -> dict[str, dict[str, int]]:
    return {"start": _position(report, path, span.start), "end": _position(report, path, span.end)}


def _position(report: Report, path: str, position: Position) -> dict[str, int]:
    line = report.line(path, position.line)
    return {"line": position.line, "character": encode_column(line, position.column, PositionEncoding.UTF16)}
