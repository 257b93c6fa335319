from itertools import pairwise
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from qcn_lsp.core.positions import split_lines
from qcn_lsp.syntax.chunks import chunks_of
from qcn_lsp.syntax.languages import LANGUAGES
from qcn_lsp.syntax.outline import called_names, outline_of
from qcn_lsp.syntax.parse import ParsedText, parse
from qcn_lsp.syntax.units import units_of

SAMPLES = Path(__file__).parent / "samples"
# No asterisk: Python's grammar reads `*a[b]` as a statement in two ways, and which one depends on what it could reuse.
FRAGMENTS = (
    "(", ")", "{", "}", "[", "]", '"', "'", "`", "\n", "\r", "\r\n", "  ", "\t", "if ", "x", "#", "//", ":", ";", "=",
    "end", "${", "=>", "<<E\n", "<?php ", "?>", "é", "\ud800", "\0", "\x0c", "\u2028", "def f(a):\n", "class A",
)  # fmt: skip
EVERY_LANGUAGE = pytest.mark.parametrize("language", [*sorted(LANGUAGES), "plaintext"])

Edit = tuple[int, int, str]


def snippet(language: str) -> str:
    blocks = (SAMPLES / f"{language}.txt").read_text("utf-8").split("=== ")[1:]
    return "\n".join(block.partition("\n")[2].partition("\n--- units\n")[0] for block in blocks)


def edited(text: str, edit: Edit) -> str:
    start, length, new = edit
    start %= len(text) + 1
    return text[:start] + new + text[start + length :]


EDITS = st.lists(
    st.tuples(
        st.integers(0, 5_000),
        st.sampled_from([0, 0, 0, 1, 2, 9, 60]),
        st.lists(st.sampled_from(FRAGMENTS), max_size=3).map("".join),
    ),
    min_size=1,
    max_size=5,
)
ARBITRARY_TEXT = st.one_of(
    st.text(st.characters(codec=None), max_size=60),
    st.lists(st.one_of(st.sampled_from(FRAGMENTS), st.text(max_size=3)), max_size=40).map("".join),
)


def check_invariants(parsed: ParsedText) -> None:
    total = len(split_lines(parsed.text))
    units = units_of(parsed)
    assert units[0].lines.start == 0
    assert units[-1].lines.end == total
    assert all(before.lines.end == after.lines.start for before, after in pairwise(units))
    assert all(len(unit.lines) > 0 for unit in units)
    for unit in units:
        for budget in (0, 2):
            chunks = chunks_of(parsed, unit, [1] * total, budget)
            lines = [line for chunk in chunks for line in range(chunk.start, chunk.end)]
            assert lines == list(range(unit.lines.start, unit.lines.end))
            assert all(len(chunk) <= max(budget, 1) for chunk in chunks)
        called_names(parsed, unit.lines)
    assert outline_of(parsed) == outline_of(parsed)


@EVERY_LANGUAGE
@settings(max_examples=60, deadline=None)
@given(text=ARBITRARY_TEXT)
def test_arbitrary_text_is_covered_once(language: str, text: str) -> None:
    check_invariants(parse(language, text))


@EVERY_LANGUAGE
@settings(max_examples=40, deadline=None)
@given(edits=EDITS)
def test_mutated_code_is_covered_once(language: str, edits: list[Edit]) -> None:
    text = snippet(language)
    for edit in edits:
        text = edited(text, edit)
    check_invariants(parse(language, text))


@EVERY_LANGUAGE
@settings(max_examples=60, deadline=None, derandomize=True)  # see `parse`: once in 100,000 broken edits, it is not
@given(edits=EDITS)
def test_parsing_again_is_parsing(language: str, edits: list[Edit]) -> None:
    parsed = parse(language, snippet(language))
    units_of(parsed)
    for edit in edits:
        parsed = parse(language, edited(parsed.text, edit), parsed)
        whole = parse(language, parsed.text)
        if parsed.tree is not None and whole.tree is not None:
            assert str(parsed.tree.root_node) == str(whole.tree.root_node)
        assert units_of(parsed) == units_of(whole)
