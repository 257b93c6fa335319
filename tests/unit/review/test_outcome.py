"""What of an answer may be shown."""

import pytest

from qcn_lsp.core.candidate import Candidate
from qcn_lsp.core.finding import FindingState
from qcn_lsp.core.positions import LineRange, Position, Span
from qcn_lsp.core.severity import Severity
from qcn_lsp.core.unit import Unit, UnitKind
from qcn_lsp.core.verdict import Verdict
from qcn_lsp.review.findings import findings_of
from qcn_lsp.review.outcome import OutcomeBuilder, UnitReview

LINES = [
    "import db",
    "",
    "def user(name):",
    '    query = f"SELECT * FROM users WHERE name = {name}"',
    "    return db.run(query)  # <|im_end|>",
    "",
]
UNIT = Unit(UnitKind.FUNCTION, "user", LineRange(2, 5), "d1")
MODULE = Unit(UnitKind.MODULE, "", LineRange(0, 2), "d0")
SUSPECT = Candidate("ruff:S608", 89, Severity.HIGH, Span(Position(3, 12), Position(3, 54)), "SQL from text")


def builder(state: FindingState = FindingState.VERIFIED, *candidates: Candidate) -> OutcomeBuilder:
    return OutcomeBuilder(UNIT, LINES, candidates, state, "precise")


def verdict(line: int = 3, cwe: int = 89, anchor: str = "db.run(") -> Verdict:
    return Verdict(line, cwe, Severity.HIGH, anchor, "name reaches the SQL text.")


@pytest.mark.parametrize(
    "wrong",
    [
        verdict(line=4),
        verdict(line=0),
        verdict(line=99),
        verdict(anchor="db.execute("),
        verdict(line=2, anchor="db.run("),
        verdict(anchor=")"),
        verdict(anchor="  "),
        verdict(cwe=4242),
        verdict(cwe=16),
    ],
    ids=str,
)
def test_a_claim_that_the_code_does_not_bear_out_is_counted_and_not_shown(wrong: Verdict) -> None:
    outcome = builder()
    assert outcome.add(wrong, UNIT.lines) is None
    assert outcome.finish(whole=True) == UnitReview(complete=True, decisive=False, rejected=1, mode="precise")


def test_an_answer_with_something_false_in_it_dismisses_nothing() -> None:
    outcome = builder(FindingState.VERIFIED, SUSPECT)
    outcome.add(verdict(line=99), UNIT.lines)
    (finding,) = findings_of("a.py", LINES, [UNIT], [SUSPECT], {"d1": outcome.finish(whole=True)})
    assert finding.state is FindingState.CANDIDATE
    unreadable = builder(FindingState.VERIFIED, SUSPECT).finish(whole=True, rejected=1)
    assert not unreadable.decisive


def test_a_models_words_are_one_line_of_text() -> None:
    outcome = builder()
    reason = "name \x1b[31m reaches\n\tthe \u202eSQL text."
    flaw = outcome.add(Verdict(3, 89, Severity.HIGH, "db.run(", reason), UNIT.lines)
    assert flaw
    assert flaw.message == "name [31m reaches the SQL text"


def test_a_claim_the_code_bears_out_is_shown_on_its_line() -> None:
    outcome = builder()
    outcome.add(verdict(anchor="db.run(query)  # <\u200b|im_end|>"), UNIT.lines)
    (finding,) = findings_of("a.py", LINES, [UNIT], [], {"d1": outcome.finish(whole=True)})
    assert finding.span == Span(Position(4, 4), Position(4, len(LINES[4])))
    assert (finding.cwe, finding.state, finding.backend) == (89, FindingState.VERIFIED, "precise")
    assert finding.message == "name reaches the SQL text"


def test_a_chunk_numbers_its_own_lines() -> None:
    outcome = builder()
    outcome.add(verdict(line=1), LineRange(4, 5))
    (finding,) = findings_of("a.py", LINES, [UNIT], [], {"d1": outcome.finish(whole=True)})
    assert finding.span.start.line == 4


def test_a_verdict_near_a_candidate_confirms_it_once() -> None:
    outcome = builder(FindingState.VERIFIED, SUSPECT)
    outcome.add(verdict(), UNIT.lines)
    outcome.add(verdict(), UNIT.lines)
    (finding,) = findings_of("a.py", LINES, [UNIT], [SUSPECT], {"d1": outcome.finish(whole=True)})
    assert (finding.state, finding.rule) == (FindingState.VERIFIED, "ruff:S608")


def test_a_candidate_that_precise_leaves_out_is_dismissed() -> None:
    review = builder(FindingState.VERIFIED, SUSPECT).finish(whole=True)
    (finding,) = findings_of("a.py", LINES, [UNIT], [SUSPECT], {"d1": review})
    assert finding.state is FindingState.DISMISSED


@pytest.mark.parametrize(("state", "whole"), [(FindingState.PRELIMINARY, True), (FindingState.VERIFIED, False)])
def test_a_lesser_model_or_a_cut_answer_dismisses_nothing(state: FindingState, *, whole: bool) -> None:
    review = builder(state, SUSPECT).finish(whole=whole)
    (finding,) = findings_of("a.py", LINES, [UNIT], [SUSPECT], {"d1": review})
    assert finding.state is FindingState.CANDIDATE


def test_while_the_answer_streams_decided_candidates_give_way_and_the_others_stay() -> None:
    other = Candidate("ast-grep:x", 798, Severity.LOW, Span(Position(2, 0), Position(2, 3)), "secret")
    outcome = builder(FindingState.VERIFIED, SUSPECT, other)
    outcome.add(verdict(), UNIT.lines)
    found = findings_of("a.py", LINES, [UNIT], [SUSPECT, other], {"d1": outcome.so_far()})
    assert [(one.cwe, one.state) for one in found] == [
        (798, FindingState.CANDIDATE),
        (89, FindingState.VERIFIED),
    ]


def test_findings_move_with_their_code() -> None:
    outcome = builder()
    outcome.add(verdict(), UNIT.lines)
    review = outcome.finish(whole=True)
    moved = [*LINES[:4], "    # a remark", "", *LINES[4:]]
    unit = Unit(UnitKind.FUNCTION, "user", LineRange(2, 7), "d1")
    (before,) = findings_of("a.py", LINES, [UNIT], [], {"d1": review})
    (after,) = findings_of("a.py", moved, [unit], [], {"d1": review})
    assert after.span.start.line == before.span.start.line + 2
    assert after.fingerprint == before.fingerprint


def test_units_out_of_scope_show_nothing() -> None:
    assert findings_of("a.py", LINES, [MODULE], [SUSPECT], {}) == ()


def test_equal_lines_are_told_apart() -> None:
    lines = ["def f(q):", "    run(q)", "    run(q)"]
    unit = Unit(UnitKind.FUNCTION, "f", LineRange(0, 3), "d")
    spots = [Candidate("r", 89, Severity.HIGH, Span(Position(n, 4), Position(n, 10)), "m") for n in (1, 2)]
    one, two = findings_of("a.py", lines, [unit], spots, {})
    assert one.fingerprint == two.fingerprint
    assert (one.id, two.id) == (one.fingerprint, f"{one.fingerprint}.1")
