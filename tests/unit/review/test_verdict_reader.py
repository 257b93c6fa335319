"""Reading verdicts out of a stream."""

from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from qcn_lsp.core.severity import Severity
from qcn_lsp.core.verdict import Verdict
from qcn_lsp.review.verdict_reader import VerdictReader

ONE = Verdict(12, 89, Severity.HIGH, 'execute("]', "name reaches [SQL]")
TWO = Verdict(3, 798, Severity.LOW, "pass\\", "é😀")
ANSWER = '[[12,89,"high","execute(\\"]","name reaches [SQL]"],[3,798,"low","pass\\\\","é😀"]]'


def read(pieces: list[str]) -> tuple[VerdictReader, list[Verdict]]:
    reader = VerdictReader()
    return reader, [verdict for piece in pieces for verdict in reader.feed(piece)]


@given(st.lists(st.integers(0, len(ANSWER)), max_size=12))
def test_an_answer_reads_the_same_however_it_is_cut(cuts: list[int]) -> None:
    edges = [0, *sorted(cuts), len(ANSWER)]
    reader, verdicts = read([ANSWER[a:b] for a, b in pairwise(edges)])
    assert verdicts == [ONE, TWO]
    assert reader.complete
    assert not reader.malformed
    assert reader.rejected == 0


def test_a_verdict_is_there_with_its_last_character() -> None:
    reader = VerdictReader()
    assert reader.feed('[[12,89,"high","execute(\\"]","name reaches [SQL]"') == []
    assert reader.feed("]") == [ONE]
    assert not reader.complete


@pytest.mark.parametrize("answer", ["[]", " [ ] ", "[\n]"])
def test_a_clean_unit(answer: str) -> None:
    reader, verdicts = read([answer])
    assert verdicts == []
    assert reader.complete
    assert not reader.malformed


@pytest.mark.parametrize(
    "element",
    [
        "[1,2]",
        '["1",89,"high","a","b"]',
        '[0,89,"high","a","b"]',
        '[1,89,"awful","a","b"]',
        '[1,89,"high","","b"]',
        '[1,89,"high","a","b","c"]',
        '[1,89,"high","a",7]',
        f'[1,89,"high","a","{"x" * 500}"]',
        "[[1]]",
    ],
)
def test_an_element_of_another_shape_is_counted_and_the_next_still_read(element: str) -> None:
    reader, verdicts = read([f'[{element},[3,798,"low","pass\\\\","é😀"]]'])
    assert verdicts == [TWO]
    assert reader.rejected == 1
    assert reader.complete


@pytest.mark.parametrize("answer", ["I found nothing.", '{"findings": []}', "[] and more", "[5]", "```json\n[]\n```"])
def test_text_that_is_no_array_is_no_answer(answer: str) -> None:
    assert read([answer])[0].malformed


@pytest.mark.parametrize("answer", ["", "[", '[[1,89,"high"', '[[1,89,"high","a","b"]', "[[1,,]]"])
def test_a_cut_answer_is_not_complete(answer: str) -> None:
    assert not read([answer])[0].complete


@given(st.text(max_size=80))
def test_no_text_makes_it_fail(text: str) -> None:
    read(list(text))
    read([f"[[{text}"])
