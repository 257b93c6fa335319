"""Positions: what an editor counts, and what we count."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from qcn_lsp.core.positions import LineIndex, PositionEncoding, decode_column, encode_column, split_lines

TEXTS = st.text(alphabet=st.sampled_from("ab\r\n\f\u2028\x85é😀\t\0\ud800"), max_size=40)


@pytest.mark.parametrize(
    ("text", "lines"),
    [
        ("", [""]),
        ("a", ["a"]),
        ("a\n", ["a", ""]),
        ("a\r\nb\rc\nd", ["a", "b", "c", "d"]),
        ("a\fb\u2028c\x85d\x0be", ["a\fb\u2028c\x85d\x0be"]),
    ],
)
def test_lines_end_where_lsp_says_and_nowhere_else(text: str, lines: list[str]) -> None:
    assert split_lines(text) == lines
    assert len(LineIndex(text)) == len(lines)


@pytest.mark.parametrize(
    ("encoding", "units"),
    [(PositionEncoding.UTF8, 8), (PositionEncoding.UTF16, 5), (PositionEncoding.UTF32, 4)],
)
def test_a_character_outside_the_bmp_counts_as_each_encoding_says(encoding: PositionEncoding, units: int) -> None:
    line = 'é="😀"'
    assert encode_column(line, 4, encoding) == units
    assert decode_column(line, encode_column(line, 4, encoding), encoding) == 4


@given(TEXTS)
def test_an_offset_and_its_position_mean_the_same(text: str) -> None:
    index, lines = LineIndex(text), split_lines(text)
    assert len(index) == len(lines)
    for offset in range(len(text) + 1):
        position = index.position(offset)
        assert index.offset(position.line) + position.column == offset


@given(TEXTS, st.sampled_from(PositionEncoding))
def test_every_column_survives_the_way_to_the_editor_and_back(line: str, encoding: PositionEncoding) -> None:
    for column in range(len(line) + 1):
        assert decode_column(line, encode_column(line, column, encoding), encoding) == column


@given(TEXTS, st.integers(-5, 200), st.sampled_from(PositionEncoding))
def test_a_nonsense_column_is_clamped_to_the_line(line: str, units: int, encoding: PositionEncoding) -> None:
    assert 0 <= decode_column(line, units, encoding) <= len(line)
