"""What of an answer may be shown."""

from dataclasses import replace

import pytest

from qcn_lsp.core.candidate import Candidate
from qcn_lsp.core.finding import FindingState
from qcn_lsp.core.positions import LineRange, Position, Span
from qcn_lsp.core.severity import Severity
from qcn_lsp.core.unit import Unit, UnitKind
from qcn_lsp.core.verdict import Verdict
from qcn_lsp.review.findings import findings_of
from qcn_lsp.review.outcome import OutcomeBuilder, UnitReview, overlaid
from qcn_lsp.review.second_look import prevents

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
    assert (finding.cwe, finding.backend) == (89, "precise")
    assert finding.message == "name reaches the SQL text"


@pytest.mark.parametrize(
    ("prevented", "state"),
    [(False, FindingState.VERIFIED), (True, FindingState.DISMISSED), (None, FindingState.PRELIMINARY)],
)
def test_a_serious_claim_that_no_analyzer_supports_is_verified_by_a_second_look(
    prevented: bool | None, state: FindingState
) -> None:
    outcome = builder()
    outcome.add(verdict(), UNIT.lines)
    (flaw,) = outcome.so_far().flaws
    assert flaw.state is FindingState.PRELIMINARY
    (doubt,) = outcome.doubts
    assert (doubt.flaw, doubt.line) == (flaw, 3)
    if prevented is not None:
        outcome.settle(doubt, prevented=prevented)
    assert [one.state for one in outcome.finish(whole=True).flaws] == [state]


def test_a_slight_claim_and_a_supported_one_need_no_second_look() -> None:
    slight, supported = builder(), builder(FindingState.VERIFIED, SUSPECT)
    slight.add(replace(verdict(), severity=Severity.MEDIUM), UNIT.lines)
    supported.add(verdict(), UNIT.lines)
    assert slight.doubts == supported.doubts == []
    assert slight.so_far().flaws[0].state is supported.so_far().flaws[0].state is FindingState.VERIFIED


@pytest.mark.parametrize(
    ("answer", "expected"),
    [
        ("0", False),
        ("1", True),
        ("3", True),
        ("4", False),
        ("99", False),
        ("", None),
        ("[]", None),
        ("yes", None),
        ("²", None),
    ],
)
def test_only_a_line_that_is_there_prevents_a_flaw(answer: str, expected: bool | None) -> None:
    assert prevents(answer, LINES, UNIT.lines) is expected


def test_a_better_answer_takes_the_place_of_what_it_has_come_to() -> None:
    outcome, better = builder(FindingState.PRELIMINARY), builder()
    outcome.add(verdict(), UNIT.lines)
    outcome.add(verdict(line=2, anchor="SELECT", cwe=200), UNIT.lines)
    better.add(verdict(cwe=564), UNIT.lines)
    whole = outcome.finish(whole=True)
    merged = overlaid(whole, better.so_far())
    assert [flaw.cwe for flaw in merged.flaws] == [564, 200]
    assert (merged.complete, merged.mode) == (True, whole.mode)


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


def test_what_an_analyzer_finds_only_after_a_review_is_no_part_of_what_that_review_settled() -> None:
    other = Candidate("ruff:S602", 78, Severity.HIGH, Span(Position(4, 4), Position(4, 12)), "a shell is started")
    review = builder(FindingState.VERIFIED, SUSPECT).finish(whole=True)
    found = findings_of("a.py", LINES, [UNIT], [SUSPECT, other], {"d1": review})
    assert [(one.cwe, one.state.value) for one in found] == [(89, "dismissed"), (78, "candidate")]


def test_a_suspicion_that_was_dismissed_stays_so_when_its_line_is_wrapped_differently() -> None:
    lines = [*LINES[:3], *[""] * 6, "    query = (", '        f"SELECT * FROM users WHERE name = {name}")', *LINES[4:]]
    wrapped = replace(SUSPECT, span=Span(Position(10, 8), Position(10, 50)))
    unit = replace(UNIT, lines=LineRange(2, 12))
    review = builder(FindingState.VERIFIED, SUSPECT).finish(whole=True)
    found = findings_of("a.py", lines, [unit], [wrapped], {"d1": review})
    assert {one.state.value for one in found} == {"dismissed"}


@pytest.mark.parametrize("answer", ["9" * 5000, "123456", "-1", "1.0", ""])
def test_an_answer_to_a_second_look_that_is_no_line_number_settles_nothing(answer: str) -> None:
    assert prevents(answer, LINES, UNIT.lines) is None


def test_white_space_around_the_answer_to_a_second_look_does_not_matter() -> None:
    assert prevents(" 2\n", LINES, UNIT.lines)
