"""Findings as text, JSON and SARIF."""

import json
from pathlib import Path

import jsonschema
import pytest
from rich.console import Console

from qcn_lsp.core.finding import Finding, FindingState, Related
from qcn_lsp.core.positions import Position, Span
from qcn_lsp.core.severity import Severity
from qcn_lsp.report import json_report, sarif, text
from qcn_lsp.report.model import Problem, Report, Stats

SCHEMA = json.loads(Path(__file__).parents[2].joinpath("data/sarif-schema-2.1.0.json").read_text("utf-8"))
LINES = ["import db", 'x = "😀"; db.run(q)', "\tdone()\x1b[31m"]


def finding(state: FindingState = FindingState.VERIFIED, line: int = 1) -> Finding:
    return Finding(
        fingerprint="0123456789abcdef",
        path="shop/ä b.py",
        span=Span(Position(line, 9), Position(line, 18)),
        cwe=89,
        severity=Severity.HIGH,
        confidence=0.95,
        state=state,
        backend="precise",
        message="q reaches the SQL text \x1b]0;evil\x07 unescaped",
        rule="ruff:S608",
        related=(Related(Span(Position(0, 0), Position(0, 6)), "comes from here"),),
    )


def report(*findings: Finding, problems: tuple[Problem, ...] = (), reviewer: str = "bf16 (precise, m)") -> Report:
    return Report(findings, problems, Stats(3, 2, 0, 100, 80, 9, 1.25), {"shop/ä b.py": LINES}, reviewer)


def as_text(one: Report) -> str:
    console = Console(width=200, no_color=True, highlight=False)
    with console.capture() as captured:
        for block in text.render(one):
            console.print(block)
    return captured.get()


PROBLEM = Problem("a.bin", "holds NUL bytes and is taken for binary; not reviewed")


@pytest.mark.parametrize("state", FindingState)
def test_sarif_is_valid(state: FindingState) -> None:
    for one in (report(), report(finding(state), problems=(PROBLEM, Problem("", "precise is down")))):
        document = json.loads(sarif.render(one))
        jsonschema.Draft4Validator(SCHEMA).validate(document)
        assert document["runs"][0]["columnKind"] == "utf16CodeUnits"


def test_sarif_says_what_the_finding_says() -> None:
    run = json.loads(sarif.render(report(finding(), problems=(PROBLEM,))))["runs"][0]
    (result,), (rule,) = run["results"], run["tool"]["driver"]["rules"]
    assert (result["ruleId"], rule["id"], result["ruleIndex"]) == ("CWE-89", "CWE-89", 0)
    assert "SQL" in rule["shortDescription"]["text"]
    assert result["partialFingerprints"] == {"qcnLsp/v1": "0123456789abcdef"}
    place = result["locations"][0]["physicalLocation"]
    assert place["artifactLocation"]["uri"] == "shop/%C3%A4%20b.py"
    region = {key: place["region"][key] for key in ("startLine", "startColumn", "endLine", "endColumn")}
    assert region == {"startLine": 2, "startColumn": 11, "endLine": 2, "endColumn": 20}
    assert not run["invocations"][0]["executionSuccessful"]


def test_json_is_the_contracts() -> None:
    document = json.loads(json_report.render(report(finding(), problems=(PROBLEM,))))
    assert document["version"] == 1
    assert document["findings"] == [
        {
            "id": "0123456789abcdef",
            "fingerprint": "0123456789abcdef",
            "path": "shop/ä b.py",
            "range": {"start": {"line": 1, "character": 10}, "end": {"line": 1, "character": 19}},
            "cwe": "CWE-89",
            "severity": "high",
            "confidence": 0.95,
            "state": "verified",
            "backend": "precise",
            "rule": "ruff:S608",
            "message": "q reaches the SQL text \x1b]0;evil\x07 unescaped",
            "related": [
                {
                    "range": {"start": {"line": 0, "character": 0}, "end": {"line": 0, "character": 6}},
                    "message": "comes from here",
                }
            ],
        }
    ]
    assert document["problems"] == [{"path": "a.bin", "message": PROBLEM.message}]
    assert document["stats"] == {
        "units": 3,
        "reviewed": 2,
        "from_cache": 0,
        "prompt_tokens": 100,
        "cached_tokens": 80,
        "completion_tokens": 9,
        "seconds": 1.25,
    }


def test_the_mark_stands_under_the_place_whatever_the_width_of_what_is_before_it() -> None:
    lines = as_text(report(finding())).splitlines()
    code = next(index for index, line in enumerate(lines) if line.lstrip().startswith("> 2"))
    column = lines[code].index("db.run(q)")
    # The emoji is two cells wide and one character long, so the mark is one character further right.
    assert (
        lines[code + 1].rstrip()
        == " " * lines[code].index("│") + "│" + " " * (column - lines[code].index("│")) + "^" * 9
    )


def test_nothing_in_the_code_or_the_message_reaches_the_terminal_as_a_command() -> None:
    shown = as_text(report(finding(), finding(line=2)))
    assert "\x1b" not in shown
    assert "\x07" not in shown


def test_who_has_looked_is_said() -> None:
    assert "verified by precise" in as_text(report(finding()))
    assert "2 of them reviewed by bf16 (precise, m)" in as_text(report(finding()))
    alone = as_text(report(finding(FindingState.CANDIDATE), problems=(PROBLEM,), reviewer=""))
    assert "candidate (ruff:S608)" in alone
    assert "No model has looked" in alone
    assert "not reviewed: a.bin holds NUL bytes" in alone
    assert "1 finding in 1 file: 1 high." in alone
