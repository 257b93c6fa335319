import pytest

import qcn_lsp.syntax.parse as parse_module
from qcn_lsp.core.positions import LineRange, split_lines
from qcn_lsp.syntax.parse import parse
from qcn_lsp.syntax.units import units_of


def test_an_equal_text_is_not_parsed_again() -> None:
    parsed = parse("python", "x = 1")
    assert parse("python", "x = 1", parsed) is parsed
    assert parse("ruby", "x = 1", parsed) is not parsed


def test_the_previous_state_stays_valid() -> None:
    before = parse("python", "def f():\n    return 1\n")
    assert before.tree is not None
    shown = str(before.tree.root_node)
    units = units_of(before)
    after = parse("python", "x = 1\ndef f():\n    return 1\n", before)
    assert str(before.tree.root_node) == shown
    assert units_of(before) == units
    assert [unit.name for unit in units_of(after)] == ["", "f"]


@pytest.mark.parametrize("text", ["a\rb\r\nc\nd", "", "\r", "\n\r", "\ud800\ra\u2028b\x0c\x85c\x00"])
def test_lines_are_those_of_the_project(text: str) -> None:
    parsed = parse("", text)
    lines = split_lines(text)
    assert len(parsed.line_starts) == len(lines)
    for number, line in enumerate(lines):
        start, end = parsed.bytes_of(LineRange(number, number + 1))
        assert parsed.data[start:end].decode("utf-8", "surrogatepass").rstrip("\r\n") == line.rstrip("\r\n")
        assert parsed.line_of(start) == number


def test_edits_inside_of_characters() -> None:
    # é and ê share their first byte, and Ã its last with é.
    parsed = parse("python", "x = 'é' + y")
    for text in ("x = 'ê' + y", "x = 'Ãé' + y", "x = 'éé' + y", "x = '\ud800' + y"):
        again, whole = parse("python", text, parsed), parse("python", text)
        assert again.tree is not None
        assert whole.tree is not None
        assert str(again.tree.root_node) == str(whole.tree.root_node)
        assert units_of(again) == units_of(whole)


def test_digests_of_what_an_edit_left_alone_are_kept() -> None:
    text = "def f():\n    return 1\n\ndef g():\n    return 2\n\ndef h():\n    return 3\n"
    before = parse("python", text)
    units_of(before)
    after = parse("python", text.replace("return 2", "return 22"), before)
    assert len(after.digests) == 2
    assert units_of(after) == units_of(parse("python", after.text))


def test_equal_text_in_another_context_gets_another_digest() -> None:
    text = "x = 1\ndef f():\n    return 1\ny = 2\n"
    before = parse("python", text)
    units_of(before)
    after = parse("python", "'''\n" + text + "'''\n", before)
    assert units_of(after) == units_of(parse("python", after.text))


def test_parsing_that_takes_too_long_is_given_up(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(parse_module, "_PARSE_SECONDS", -60.0)
    parsed = parse("python", "x = 1\n" * 1_000)
    assert parsed.is_given_up
    assert units_of(parsed)[-1].lines.end == 1_001
    monkeypatch.undo()
    again = parse("python", "x = 2\n", parsed)
    assert again.tree is not None
    assert not again.is_given_up
    assert not parse("cobol", "x").is_given_up


@pytest.mark.parametrize("language", ["typescript", "typescriptreact"])
def test_endless_error_recovery_ends(language: str) -> None:
    before = parse(language, "export const o[n=(l")
    assert units_of(parse(language, "export const o[n=(l}", before))[0].lines == LineRange(0, 1)


def test_a_watch_stops_what_does_not_get_on() -> None:
    watch = parse_module._Watch(0)
    assert not any(watch.has_to_stop(offset, True) for offset in range(2_000))
    assert [watch.has_to_stop(5, True) for _ in range(501)][-2:] == [False, True]
