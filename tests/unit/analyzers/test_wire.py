"""Messages between the server and its worker process."""

import io

import pytest
from hypothesis import given
from hypothesis import strategies as st

from qcn_lsp.analyzers import wire
from qcn_lsp.core.candidate import Candidate
from qcn_lsp.core.positions import Position, Span
from qcn_lsp.core.severity import Severity
from qcn_lsp.errors import AnalyzerError

ANY_TEXT = st.text(st.characters(exclude_categories=()))
NUMBER = st.integers(0, 1 << 40)
SPAN = st.builds(Span, st.builds(Position, NUMBER, NUMBER), st.builds(Position, NUMBER, NUMBER))
CANDIDATE = st.builds(Candidate, ANY_TEXT, NUMBER, st.sampled_from(Severity), SPAN, ANY_TEXT)


def body(message: bytes) -> bytes:
    found = wire.read(io.BytesIO(message))
    assert found is not None
    return found


@given(ANY_TEXT, ANY_TEXT)
def test_a_question_arrives_as_it_was(language: str, text: str) -> None:
    assert wire.read_question(body(wire.question(language, text))) == (language, text)


@given(st.lists(CANDIDATE))
def test_an_answer_arrives_as_it_was(candidates: list[Candidate]) -> None:
    assert wire.read_answer(body(wire.answer(candidates))) == tuple(candidates)


def test_a_refusal_is_the_error_it_was() -> None:
    with pytest.raises(AnalyzerError, match=r"^too long$"):
        wire.read_answer(body(wire.refusal("too long")))


def test_a_message_that_is_cut_off_is_none() -> None:
    message = wire.question("python", "x = 1\n")
    for cut in range(len(message)):
        assert wire.read(io.BytesIO(message[:cut])) is None
    stream = io.BytesIO(message + message)
    assert [wire.read(stream) for _ in range(3)] == [message[4:], message[4:], None]


@pytest.mark.parametrize(
    "nonsense",
    [
        b"",
        b"\xff",
        b"null",
        b'"error"',
        b"[]",
        b"{}",
        b'{"candidates": 1}',
        b'{"candidates": [[]]}',
        b'{"candidates": [["a", 1, "low", 1, 1, 1, "x", "m"]]}',
        b'{"candidates": [["a", 1, "low", 1, 1, 1, Infinity, "m"]]}',
        b'{"candidates": [["a", 1, "awful", 1, 1, 1, 1, "m"]]}',
        b"[" * 100_000,
    ],
    ids=range(12),
)
def test_an_answer_that_makes_no_sense_is_a_value_error(nonsense: bytes) -> None:
    with pytest.raises(ValueError):  # noqa: PT011 — of any kind
        wire.read_answer(nonsense)
