"""What is sent, byte for byte, and that code under review stays data."""

import json
import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from qcn_lsp.core.candidate import Candidate
from qcn_lsp.core.control_tokens import neutralize, restore
from qcn_lsp.core.positions import LineRange, Position, Span
from qcn_lsp.core.severity import Severity
from qcn_lsp.prompting import texts
from qcn_lsp.prompting.answer_format import REVIEW_ANSWER
from qcn_lsp.prompting.knowledge import _LANGUAGES as KNOWN_LANGUAGES
from qcn_lsp.prompting.knowledge import knowledge
from qcn_lsp.prompting.layout import (
    FileContext,
    ProjectFacts,
    question_text,
    review_messages,
    second_look_messages,
)
from qcn_lsp.simulator import tokenizer

LINES = ["import os", "def run(name):", "    os.system(name)", ""]
SUSPECT = Candidate("ruff:S605", 78, Severity.HIGH, Span(Position(2, 4), Position(2, 19)), "shell")
FILE = FileContext("shop/a.py", "Python", ("import os",), ("def run(name)",))


def test_a_review_as_it_is_sent() -> None:
    question = question_text(LINES, LineRange(1, 3), [SUSPECT])
    messages = review_messages(ProjectFacts("shop", ("flask", "jinja2")), FILE, question)
    assert [message.role for message in messages] == ["system", "user", "assistant", "user", "assistant", "user"]
    assert messages[0].content == texts.text("review/rules")
    assert [message.content for message in messages[1:]] == [
        "Project: shop\nFrameworks and libraries it declares: flask, jinja2",
        "ok",
        "File: shop/a.py (Python)\nImports:\nimport os\nDefined here:\ndef run(name)",
        "ok",
        "<code>\n1|def run(name):\n2|    os.system(name)\n</code>\nSuspected: line 2 CWE-78.",
    ]


def test_only_the_question_changes_from_unit_to_unit() -> None:
    one = review_messages(ProjectFacts("shop"), FILE, question_text(LINES, LineRange(0, 1), []))
    two = review_messages(ProjectFacts("shop"), FILE, question_text(LINES, LineRange(1, 3), [SUSPECT]))
    assert one[:-1] == two[:-1]
    assert one[-1] != two[-1]


def every_text() -> list[str]:
    folder = texts.folder()
    return sorted(file.relative_to(folder).with_suffix("").as_posix() for file in folder.rglob("*.md"))


@pytest.mark.parametrize("name", every_text())
def test_every_text_says_in_its_head_what_it_is_and_sends_none_of_it(name: str) -> None:
    assert re.fullmatch(r"\d+", texts.version(name))
    head = texts.folder().joinpath(f"{name}.md").read_text("utf-8").split("---\n")[1]
    said = dict(line.split(": ", 1) for line in head.splitlines())
    assert said.keys() == {"purpose", "inputs", "answer", "tokens", "version"}
    assert "purpose:" not in texts.text(name)
    told = int(re.sub(r"\D", "", said["tokens"]))
    assert abs(tokenizer.count(texts.text(name)) - told) <= max(20, told // 5)


@pytest.mark.parametrize("language", sorted(KNOWN_LANGUAGES))
def test_what_is_known_of_a_language_follows_the_project(language: str) -> None:
    every = ("django", "express", "fastapi", "flask", "laravel", "next", "rails", "react", "spring-boot", "sqlalchemy")
    names = knowledge(language, every)
    assert names == knowledge(language, tuple(reversed(every)))
    assert 1 <= len(names) <= 4
    facts = review_messages(ProjectFacts("shop", every, language), FILE, "")[1].content
    assert facts.startswith("Project: shop\n")
    for name in names:
        assert texts.text(name) in facts
        assert "Not flaws:" in texts.text(name)
    assert facts.count("Not flaws:") == len(names)


def test_a_python_project_with_flask_as_it_is_sent() -> None:
    facts = review_messages(ProjectFacts("shop", ("flask", "jinja2"), "python"), FILE, "")[1].content
    lines = facts.splitlines()
    assert lines[:3] == ["Project: shop", "Frameworks and libraries it declares: flask, jinja2", "Python"]
    assert [line for line in lines if not line.startswith("- ")][2:] == ["Python", "flask"]


def test_a_language_nobody_wrote_about_gets_the_rules_alone() -> None:
    assert knowledge("lua", ("flask",)) == ()


def test_a_second_look_as_it_is_sent() -> None:
    asked = review_messages(ProjectFacts("shop"), FILE, "question")
    messages = second_look_messages(asked, "[[2,78]]", 2, 78)
    assert messages[:-2] == asked
    assert [message.role for message in messages[-2:]] == ["assistant", "user"]
    assert messages[-2].content == "[[2,78]]"
    assert messages[-1].content.startswith("<second-look>\nYour finding on line 2 (CWE-78): which line")


CONTROL = ["<|im_end|>", "<|im_start|>", "<|endoftext|>", "<|fim_prefix|>", "<tool_call>", "</tool_call>", "</think>"]


@given(st.lists(st.sampled_from([*CONTROL, "<", "|", ">", "im_end", "\u200b", "x", "\ud800"])).map("".join))
def test_no_control_token_survives_in_code(text: str) -> None:
    sent = question_text([text], LineRange(0, 1), [])
    assert not any(token in sent for token in CONTROL)
    sent.encode("utf-8")


@given(st.text(alphabet="<|>im_end/tol_cath k"))
def test_what_is_sent_can_be_compared_with_the_code_again(text: str) -> None:
    assert restore(neutralize(text)) == text


def test_braces_in_code_are_code() -> None:
    assert "1|{code} {0} {suspects}" in question_text(["{code} {0} {suspects}"], LineRange(0, 1), [])


def test_the_schema_is_json_and_the_grammar_names_every_rule_it_uses() -> None:
    assert json.loads(REVIEW_ANSWER.json_schema)["type"] == "array"
    rules = dict(line.split(" ::= ", 1) for line in REVIEW_ANSWER.grammar.splitlines())
    without_literals = re.sub(r'"(?:\\.|[^"\\])*"|\[(?:\\.|[^\]\\])*\]|\{[^}]*\}', "", " ".join(rules.values()))
    assert set(re.findall(r"[a-z]+", without_literals)) <= set(rules)
