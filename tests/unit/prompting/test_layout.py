"""What is sent, byte for byte, and that code under review stays data."""

import json
import re

from hypothesis import given
from hypothesis import strategies as st

from qcn_lsp.core.candidate import Candidate
from qcn_lsp.core.control_tokens import neutralize, restore
from qcn_lsp.core.positions import LineRange, Position, Span
from qcn_lsp.core.severity import Severity
from qcn_lsp.prompting import texts
from qcn_lsp.prompting.answer_format import REVIEW_ANSWER
from qcn_lsp.prompting.layout import FileContext, ProjectFacts, question_text, review_messages

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


def test_every_text_says_in_its_head_what_it_is_and_sends_none_of_it() -> None:
    for name in ("review/rules", "review/project", "review/file", "review/question"):
        assert re.fullmatch(r"\d+", texts.version(name))
        head = texts.folder().joinpath(f"{name}.md").read_text("utf-8").split("---\n")[1]
        assert {line.partition(":")[0] for line in head.splitlines()} == {"purpose", "inputs", "answer", "version"}
        assert "purpose:" not in texts.text(name)


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
