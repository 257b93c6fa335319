import pytest

from qcn_lsp.core.positions import LineRange
from qcn_lsp.syntax.chunks import chunks_of
from qcn_lsp.syntax.parse import parse
from qcn_lsp.syntax.units import units_of

FUNCTION = """\
def f(a):
    # first
    b = 1
    c = [
        1,
        2,
    ]
    if a:
        d()
        e()
        for x in a:
            g()
            h()
    return b"""


def chunked(language: str, text: str, budget: int) -> list[tuple[int, int]]:
    parsed = parse(language, text)
    return [
        (chunk.start, chunk.end)
        for unit in units_of(parsed)
        for chunk in chunks_of(parsed, unit, [1] * len(parsed.line_starts), budget)
    ]


@pytest.mark.parametrize(
    ("budget", "expected"),
    [
        (14, [(0, 14)]),
        (13, [(0, 13), (13, 14)]),
        (7, [(0, 7), (7, 14)]),
        (4, [(0, 3), (3, 7), (7, 10), (10, 14)]),
        (1, [(line, line + 1) for line in range(14)]),
    ],
)
def test_borders_are_those_of_statements(budget: int, expected: list[tuple[int, int]]) -> None:
    assert chunked("python", FUNCTION, budget) == expected


def test_braces_stay_with_their_blocks() -> None:
    text = "function f() {\n  if (a) {\n    b();\n  } else {\n    c();\n  }\n  return 1;\n}"
    assert chunked("javascript", text, 6) == [(0, 6), (6, 8)]


def test_costs_are_by_line() -> None:
    parsed = parse("python", "def f():\n    a = 1\n    b = 2\n    c = 3")
    (unit,) = units_of(parsed)
    assert chunks_of(parsed, unit, [1, 100, 1, 1], 5) == (LineRange(0, 1), LineRange(1, 2), LineRange(2, 4))


def test_only_the_units_own_lines() -> None:
    parsed = parse("python", "x = 1\n\ndef f():\n    a = 1\n    b = 2\n\ny = 1")
    unit = units_of(parsed)[1]
    assert chunks_of(parsed, unit, [1] * 7, 2) == (LineRange(1, 3), LineRange(3, 5))


def test_a_long_string_is_split_by_lines() -> None:
    assert chunked("python", "x = '''\n" + "a\n" * 6 + "'''", 4) == [(0, 4), (4, 8)]


def test_without_a_grammar_lines_are_packed() -> None:
    assert chunked("cobol", "a\nb\nc\nd\ne", 2) == [(0, 2), (2, 4), (4, 5)]


def test_deeply_nested_lines() -> None:
    text = "x = " + "[\n" * 3_000 + "]\n" * 3_000
    chunks = chunked("python", text, 10)
    assert [start for start, _ in chunks[1:]] == [end for _, end in chunks[:-1]]


def test_costs_have_to_match_the_text() -> None:
    parsed = parse("python", "a\nb")
    with pytest.raises(ValueError, match="3 costs for 2 lines"):
        chunks_of(parsed, units_of(parsed)[0], [1, 1, 1], 5)
