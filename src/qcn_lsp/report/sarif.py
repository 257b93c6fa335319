"""SARIF 2.1.0 (OASIS Standard), as code hosts and other tools import it."""

import json
import os
from urllib.parse import quote

from qcn_lsp import __version__
from qcn_lsp.core import cwe
from qcn_lsp.core.finding import Finding, FindingState
from qcn_lsp.core.positions import PositionEncoding, Span, encode_column
from qcn_lsp.core.severity import Severity
from qcn_lsp.report.model import Problem, Report

_SCHEMA = "https://docs.oasis-open.org/sarif/sarif/v2.1.0/errata01/os/schemas/sarif-schema-2.1.0.json"
_LEVELS = {Severity.CRITICAL: "error", Severity.HIGH: "error", Severity.MEDIUM: "warning", Severity.LOW: "note"}
# CVSS-like figures, by which code hosts sort: the middle of the band each of our words stands for.
_SCORES = {Severity.CRITICAL: "9.5", Severity.HIGH: "8.0", Severity.MEDIUM: "5.5", Severity.LOW: "2.0"}


def render(report: Report) -> str:
    """The report as SARIF text, with a final newline."""
    rules = sorted({one.cwe for one in report.findings})
    run = {
        "tool": {
            "driver": {
                "name": "qcn-lsp",
                "semanticVersion": __version__,
                "rules": [_rule(number, report) for number in rules],
            }
        },
        "columnKind": "utf16CodeUnits",
        "invocations": [
            {
                "executionSuccessful": not report.problems,
                "toolExecutionNotifications": [_notification(one) for one in report.problems],
            }
        ],
        "results": [_result(report, one, rules.index(one.cwe)) for one in report.findings],
    }
    return json.dumps({"$schema": _SCHEMA, "version": "2.1.0", "runs": [run]}, indent=2, ensure_ascii=False) + "\n"


def _rule(number: int, report: Report) -> dict[str, object]:
    worst = max((one.severity for one in report.findings if one.cwe == number), key=lambda severity: severity.rank)
    return {
        "id": cwe.code(number),
        "name": "".join(word.capitalize() for word in cwe.name(number).split() if word.isalnum()),
        "shortDescription": {"text": cwe.name(number)},
        "helpUri": cwe.url(number),
        "help": {"text": f"{cwe.code(number)}: {cwe.name(number)}. {cwe.url(number)}"},
        "defaultConfiguration": {"level": _LEVELS[worst]},
        "properties": {
            "tags": ["security", f"external/cwe/{cwe.code(number).lower()}"],
            "security-severity": _SCORES[worst],
        },
    }


def _result(report: Report, finding: Finding, rule_index: int) -> dict[str, object]:
    result: dict[str, object] = {
        "ruleId": cwe.code(finding.cwe),
        "ruleIndex": rule_index,
        "level": _LEVELS[finding.severity],
        "message": {"text": finding.message},
        "locations": [_location(report, finding.path, finding.span)],
        "partialFingerprints": {"qcnLsp/v1": finding.id},
        "rank": round(100 * finding.confidence, 1),
        "properties": {
            "state": finding.state.value,
            "confidence": finding.confidence,
            "backend": finding.backend,
            "severity": finding.severity.value,
            "rule": finding.rule,
        },
    }
    if finding.related:
        result["relatedLocations"] = [
            {**_location(report, finding.path, step.span), "message": {"text": step.message}}
            for step in finding.related
        ]
    if finding.state is FindingState.DISMISSED:
        result["suppressions"] = [{"kind": "external", "justification": f"dismissed by {finding.backend}"}]
    return result


def _location(report: Report, path: str, span: Span) -> dict[str, object]:
    start, end = report.line(path, span.start.line), report.line(path, span.end.line)
    return {
        "physicalLocation": {
            "artifactLocation": {"uri": _uri(path)},
            "region": {
                "startLine": span.start.line + 1,
                "startColumn": encode_column(start, span.start.column, PositionEncoding.UTF16) + 1,
                "endLine": span.end.line + 1,
                "endColumn": encode_column(end, span.end.column, PositionEncoding.UTF16) + 1,
                "snippet": {"text": start},
            },
        }
    }


def _notification(problem: Problem) -> dict[str, object]:
    notification: dict[str, object] = {"level": "error", "message": {"text": str(problem)}}
    if problem.path:
        notification["locations"] = [{"physicalLocation": {"artifactLocation": {"uri": _uri(problem.path)}}}]
    return notification


def _uri(path: str) -> str:
    """A relative path as a URI; its bytes are those of the file system, whatever they spell."""
    return quote(os.fsencode(path))
