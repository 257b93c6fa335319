"""Every rule proves itself by its own samples."""

import importlib
import re
from dataclasses import replace

import pytest
from ast_grep_py import SgRoot

from qcn_lsp.analyzers import ast_grep
from qcn_lsp.analyzers.patterns import text
from qcn_lsp.analyzers.rule import Matcher, Rule
from qcn_lsp.analyzers.sharing import share
from qcn_lsp.core import cwe
from qcn_lsp.core.positions import split_lines

RULES = ast_grep.all_rules()
SAMPLES = [(rule, language) for rule in RULES for language in rule.languages]


def name(value: object) -> str:
    return value.id if isinstance(value, Rule) else str(value)


@pytest.mark.parametrize(("rule", "language"), SAMPLES, ids=name)
def test_each_hit_is_found_by_exactly_its_rule(rule: Rule, language: str) -> None:
    for code in rule.hits:
        found = ast_grep.check(language, code)
        lines = split_lines(code)
        assert {one.rule for one in found} == {f"ast-grep:{rule.id}"}, code
        for one in found:
            assert (one.cwe, one.severity, one.message) == (rule.cwe, rule.severity, rule.message)
            assert one.span.start < one.span.end
            assert one.span.end.column <= len(lines[one.span.end.line])


@pytest.mark.parametrize(("rule", "language"), SAMPLES, ids=name)
def test_no_miss_is_found_by_any_rule(rule: Rule, language: str) -> None:
    for code in rule.misses:
        assert ast_grep.check(language, code) == (), code


@pytest.mark.parametrize(("rule", "language"), SAMPLES, ids=name)
def test_misses_are_missed_by_the_pattern_and_not_only_by_the_words(
    rule: Rule, language: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(ast_grep, "rules_for", lambda _language: (replace(rule, words=()),))
    assert [code for code in rule.misses if ast_grep.check(language, code)] == []
    assert [code for code in rule.hits if not ast_grep.check(language, code)] == []


@pytest.mark.parametrize("rule", RULES, ids=name)
def test_a_rule_is_complete(rule: Rule) -> None:
    assert cwe.exists(rule.cwe)
    assert len(rule.hits) >= 2
    assert len(rule.misses) >= 3
    assert rule.words, "a rule without words costs time in every file"
    for sentence in (rule.message, rule.help):
        assert re.fullmatch(r"[A-Z]?\S[^\n]*[^.\s]", sentence), sentence


@pytest.mark.parametrize("rule", RULES, ids=name)
def test_samples_are_correct_code(rule: Rule) -> None:
    _, grammar = ast_grep.languages()[rule.languages[0]]
    for code in rule.hits + rule.misses:
        assert SgRoot(code, grammar).root().find(kind="ERROR") is None, code


def test_a_rule_is_named_after_its_module() -> None:
    for rule in RULES:
        folder, _, module = rule.id.partition("-")
        module = f"qcn_lsp.analyzers.rules.{folder}.{module.replace('-', '_')}"
        assert importlib.import_module(module).RULE is rule


def test_there_are_enough_rules_for_each_language() -> None:
    expected = {"python": 6, "javascript": 10, "typescript": 10, "go": 5, "java": 5, "php": 4, "ruby": 4, "c": 4}
    assert len(RULES) >= 36
    assert all(len(ast_grep.rules_for(language)) >= least for language, least in expected.items())


def test_ids_are_unique() -> None:
    rules = [rule for language in ast_grep.languages() for rule in ast_grep.rules_for(language)]
    assert len({rule.id for rule in rules}) == len({id(rule) for rule in rules})


@pytest.mark.parametrize("weakness", [89, 256, 916])
@pytest.mark.parametrize("language", ["python", "javascript", "php"])
def test_the_showcase_weaknesses_are_found_in_the_showcase_languages(language: str, weakness: int) -> None:
    assert weakness in {rule.cwe for rule in ast_grep.rules_for(language)}


def test_repeated_parts_of_a_rule_are_written_once() -> None:
    inner = text("x")
    rule: Matcher = {"any": [{"has": inner}, {"inside": inner}, {"has": {"regex": "x"}}]}
    shared, named = share(rule)
    assert len(named) == 2
    assert str(named).count("regex") == 1
    assert "regex" not in str(shared)


def test_a_rule_without_repetition_stays_as_it_is() -> None:
    rule: Matcher = {"all": [{"kind": "call"}, {"has": {"regex": "x", "stopBy": "end"}}]}
    assert share(rule) == (rule, {})


@pytest.mark.parametrize(
    ("regex", "written"),
    [
        (r"\w+", "[A-Za-z0-9_]+"),
        (r"[\w.]", "[A-Za-z0-9_.]"),
        (r"\\w", r"\\w"),
        (r"\[\w\]", r"\[[A-Za-z0-9_]\]"),
        (r"[\]\w]", r"[\]A-Za-z0-9_]"),
    ],
)
def test_word_characters_are_ascii(regex: str, written: str) -> None:
    assert text(regex) == {"regex": written}
