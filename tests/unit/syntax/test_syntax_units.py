from collections.abc import Iterator
from pathlib import Path

import pytest

from qcn_lsp.core.positions import LineRange, split_lines
from qcn_lsp.core.unit import Unit, UnitKind
from qcn_lsp.syntax.languages import LANGUAGES
from qcn_lsp.syntax.parse import parse
from qcn_lsp.syntax.units import units_of

SAMPLES = Path(__file__).parent / "samples"

BROKEN = {
    "c": ("int f(void) {\n  return 1;\n}\n\nint g(int a {\n  if (\n", "f"),
    "cpp": ("int f() {\n  return 1;\n}\n\nclass A {\n void g( {\n", "f"),
    "csharp": ("class A {\n  void F() {\n  }\n  void G( {\n", "F"),
    "go": ("package a\n\nfunc f() {\n}\n\nfunc g( {\n if\n", "f"),
    "java": ("class A {\n  void f() {\n  }\n  void g( {\n", "f"),
    "javascript": ("function f() {\n  return 1;\n}\n\nfunction g( {\n", "f"),
    "javascriptreact": ("const f = () => {\n  return <b/>;\n};\nconst g = () => { return <b>\n", "f"),
    "php": ("<?php\nfunction f() {\n}\nfunction g( {\n", "f"),
    "python": ("def f():\n    return 1\n\ndef g(:\n    if (\n", "f"),
    "ruby": ("def f\n  1\nend\n\ndef g(\n  if x\n", "f"),
    "rust": ("fn f() {\n}\n\nfn g( {\n  let x =\n", "f"),
    "shellscript": ("f() {\n  a\n}\n\ng() {\n  if [ x\n", "f"),
    "typescript": ("function f(): void {\n}\n\nfunction g(a: {\n", "f"),
    "typescriptreact": ("const f = () => {\n  return <b/>;\n};\nconst g = () => { return <b>\n", "f"),
}


def samples() -> Iterator[tuple[str, str, str, str]]:
    """Language, title, code, and the expected units (`kind start end name`), from files made for reading."""
    for path in sorted(SAMPLES.glob("*.txt")):
        for block in path.read_text("utf-8").split("=== ")[1:]:
            title, _, rest = block.partition("\n")
            code, _, expected = rest.partition("\n--- units\n")
            yield path.stem, title, code, expected.rstrip("\n")


def shown(units: tuple[Unit, ...]) -> str:
    return "\n".join(f"{unit.kind} {unit.lines.start} {unit.lines.end} {unit.name}".rstrip() for unit in units)


def spans(language: str, text: str) -> list[tuple[str, int, int]]:
    return [(unit.name, unit.lines.start, unit.lines.end) for unit in units_of(parse(language, text))]


@pytest.mark.parametrize(("language", "title", "code", "expected"), list(samples()))
def test_units_of_sample(language: str, title: str, code: str, expected: str) -> None:
    assert shown(units_of(parse(language, code))) == expected, title


def test_every_language_has_samples() -> None:
    counts = dict.fromkeys(LANGUAGES, 0)
    for language, *_ in samples():
        counts[language] = counts.get(language, 0) + 1
    assert min(counts.values()) >= 2


@pytest.mark.parametrize("language", sorted(LANGUAGES))
def test_broken_code_is_covered_and_keeps_what_is_whole(language: str) -> None:
    text, name = BROKEN[language]
    units = units_of(parse(language, text))
    assert [line for unit in units for line in range(unit.lines.start, unit.lines.end)] == list(
        range(len(split_lines(text)))
    )
    assert name in {unit.name.rpartition(".")[2] for unit in units}


@pytest.mark.parametrize("language", [*sorted(LANGUAGES), ""])
def test_a_text_without_lines_is_one_unit(language: str) -> None:
    (unit,) = units_of(parse(language, ""))
    assert unit.lines == LineRange(0, 1)
    assert unit.digest == ""


def test_only_comments_are_one_unit_without_a_digest() -> None:
    (unit,) = units_of(parse("python", "# one\n\n# two\n"))
    assert unit == Unit(UnitKind.MODULE, "", LineRange(0, 4), "")


def test_lines_end_where_the_project_says() -> None:
    assert spans("python", "x = 1\rdef f():\r    pass\r\ndef g():\n    pass") == [("", 0, 1), ("f", 1, 3), ("g", 3, 5)]
    assert spans("python", "x = '\u2028\x0c'\ndef g():\n    pass") == [("", 0, 1), ("g", 1, 3)]


def test_deeply_nested_names_are_bounded() -> None:
    units = units_of(parse("java", "class A {\n" * 50 + "void f() {\n}\n" + "}\n" * 50))
    assert max(unit.name.count(".") for unit in units) == 15


@pytest.mark.parametrize(
    ("language", "text"),
    [
        ("python", "(" * 100_000),
        ("javascript", "[" * 50_000 + "]" * 50_000),
        ("java", "class A{" * 20_000),
        ("python", "x = 1\n" + "(" * 20_000 + "\ndef f():\n    pass\n"),
    ],
)
def test_deep_nesting_is_no_problem(language: str, text: str) -> None:
    units = units_of(parse(language, text))
    assert units[-1].lines.end == len(split_lines(text))


def test_many_functions_on_one_line() -> None:
    assert spans("javascript", "function a(){return [1].map(x=>x)};" * 2_000) == [("a", 0, 1)]


def test_windows_without_a_grammar() -> None:
    paragraph = [f"line {number}" for number in range(12)]
    lines = [line for number in range(20) for line in (f"head {number}", *paragraph, "")]
    units = units_of(parse("cobol", "\n".join(lines)))
    assert {unit.kind for unit in units} == {UnitKind.LINES}
    assert all(20 <= len(unit.lines) <= 60 for unit in units[:-1])
    assert all(lines[unit.lines.start].startswith("head") for unit in units)


def test_windows_fall_into_step_after_an_insertion() -> None:
    lines = [f"{'  ' * (number % 5)}statement {number}" if number % 7 else "" for number in range(1_000)]
    before = {unit.digest for unit in units_of(parse("cobol", "\n".join(lines)))}
    after = {unit.digest for unit in units_of(parse("cobol", "\n".join(["new", *lines])))}
    assert len(after - before) <= 2
