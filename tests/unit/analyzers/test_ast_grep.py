"""Positions, and broken and hostile text."""

import subprocess
import sys

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from qcn_lsp.analyzers import ast_grep
from qcn_lsp.core.positions import Position, Span
from qcn_lsp.errors import AnalyzerError

CODE = "const h = md5(x);"


def found(text: str, language: str = "javascript") -> list[Span]:
    return [one.span for one in ast_grep.check(language, text)]


@pytest.mark.parametrize(
    ("before", "line", "column"),
    [
        ("", 0, 10),
        ("/* 😀é */ ", 0, 19),
        ("a;\r\n", 1, 10),
        ("a;\rb;\r", 2, 10),
        ("// 😀\u2028\x0c\r\n", 1, 10),
        ("\ufeff", 0, 11),
    ],
)
def test_columns_count_code_points(before: str, line: int, column: int) -> None:
    assert found(before + CODE) == [Span(Position(line, column), Position(line, column + 6))]


@pytest.mark.parametrize("text", ["", "\0", "\ud800", "function (", "}}}}", "const s = '\ud83d"])
def test_any_text_is_taken(text: str) -> None:
    assert found(text) == []


def test_a_lone_surrogate_moves_nothing() -> None:
    assert found("const s = '\ud800'; " + CODE) == [Span(Position(0, 25), Position(0, 31))]


def test_broken_code_around_a_finding_does_not_hide_it() -> None:
    assert found("function broken( {\n" + CODE + "\n") == [Span(Position(1, 10), Position(1, 16))]


def test_an_unknown_language_has_no_findings() -> None:
    assert found(CODE, "cobol") == []


def test_a_concatenation_is_reported_once() -> None:
    assert len(found('const q = "SELECT a FROM t WHERE b = " + b + " AND c = " + c;')) == 1


@pytest.mark.parametrize("text", [CODE + " " * ast_grep.MAX_CHARACTERS, CODE + "(" * 1000 + ")" * 1000])
def test_monsters_are_refused(text: str) -> None:
    with pytest.raises(AnalyzerError, match="the text"):
        found(text)


def test_long_chains_are_survived() -> None:
    assert found("const q = " + "a + " * 5000 + CODE[10:]) == [Span(Position(0, 20010), Position(0, 20016))]


def test_importing_the_package_loads_no_rule_and_no_library() -> None:
    code = "import sys, qcn_lsp.analyzers.analysis; print(*sys.modules)"
    loaded = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout.split()
    assert not {"ast_grep_py", "ruff", "qcn_lsp.analyzers.ast_grep", "qcn_lsp.analyzers.rules"} & set(loaded)


@settings(max_examples=40, deadline=None)
@given(st.sampled_from(list(ast_grep.languages())), st.text(max_size=60))
def test_spans_lie_in_any_text(language: str, noise: str) -> None:
    text = f"{noise}\nmd5(x) eval(y) system(z)\n{noise}"
    for span in found(text, language):
        assert span.start < span.end
