"""What is inserted at a cursor, and prompts to fill in the middle."""

import json
from pathlib import Path

import pytest

from qcn_lsp.simulator import fim, tokenizer
from qcn_lsp.simulator.completions import complete, cut
from qcn_lsp.simulator.fim import Excerpt
from qcn_lsp.simulator.script_file import load_script
from servers.replay import recorded


@pytest.mark.parametrize(
    ("before", "inserted"),
    [
        ("x = db.ask(", "name)"),
        ("x = db.ask( \t", "name)"),  # blanks at the end do not count
        ("db.ask(\n", "pass"),  # a line break does
        ("db.ask(1", "pass"),
        ("if ready:\n    ", "go()"),
        ("first second", "first wins"),
    ],
)
def test_the_first_entry_that_fits_is_inserted(before: str, inserted: str, tmp_path: Path) -> None:
    script = tmp_path / "s.toml"
    script.write_text(
        '[[complete]]\nprefix_ends = "ask("\ntext = "name)"\n'
        "[[complete]]\nprefix_regex = 'if \\w+:\\n *'\ntext = 'go()'\n"
        '[[complete]]\nprefix_ends = "second"\ntext = "first wins"\n'
        '[[complete]]\nprefix_ends = "first second"\ntext = "never"\n'
    )
    assert complete(load_script(script).completions, before) == inserted


@pytest.mark.parametrize(
    ("before", "inserted"),
    [
        ("def a():\n    return", " None"),
        ("rows = db.execute(", '"SELECT * FROM users WHERE name = ?", (name,))'),
        ("import", " json"),
        ("if n < 2:\n        ", "return None"),
        ("function f(a) {\n  ", "return null;"),
        ("anything else", "pass"),
    ],
)
def test_the_script_of_the_package_completes(before: str, inserted: str) -> None:
    assert complete(load_script(None).completions, before) == inserted


def test_stop_texts_cut_at_the_first() -> None:
    assert cut("one two three", ("three", "two")) == ("one ", "two")
    assert cut("one two three", ("four",)) == ("one two three", "")


@pytest.mark.parametrize(
    ("prompt", "before"),
    [
        ("<|fim_prefix|>a<|fim_suffix|>b<|fim_middle|>", "a"),
        ("<|fim_suffix|>b<|fim_prefix|>a<|fim_middle|>", "a"),  # suffix first
        ("<|repo_name|>r\n<|file_sep|>x.py\nz<|file_sep|>y.py\n<|fim_prefix|>a<|fim_suffix|><|fim_middle|>", "a"),
        ("plain text", "plain text"),
        ("", ""),
    ],
)
def test_the_text_before_the_cursor_is_found_in_a_raw_prompt(prompt: str, before: str) -> None:
    assert fim.before_cursor(prompt) == before


@pytest.mark.parametrize("name", ["infill", "infill_extra"])
def test_infill_makes_the_prompt_that_was_recorded(name: str) -> None:
    sent = json.loads((Path(__file__).parents[2] / "data" / "recordings" / f"{name}.json").read_text())
    body = sent["request"]["body"]
    excerpts = [Excerpt(extra["filename"], extra["text"]) for extra in body.get("input_extra", [])]
    prompt = fim.fitted(body["input_prefix"], body["prompt"], body["input_suffix"], excerpts, ctx=4096, batch=2048)
    answer = json.loads(recorded(name).body)
    assert prompt == answer["prompt"]
    assert tokenizer.count(prompt) == pytest.approx(answer["tokens_evaluated"], rel=0.1)


def test_infill_keeps_what_is_near_the_cursor() -> None:
    prompt = fim.fitted("a" + "b1" * 2000, "typed", "c2" * 500 + "d", [], ctx=4096, batch=2048)
    prefix, _, rest = prompt.partition("<|fim_prefix|>")[2].partition("<|fim_suffix|>")
    assert prefix.endswith("b1typed")
    assert not prefix.startswith("a")
    assert rest.startswith("c2")
    assert not rest.endswith("d<|fim_middle|>")
    # The recorded request of this kind was 2056 tokens long with the same sizes.
    assert tokenizer.count(prompt) == pytest.approx(2056, abs=4)


def test_infill_drops_the_first_excerpts_first() -> None:
    excerpts = [Excerpt("far.py", "x " * 1500), Excerpt("near.py", "y " * 1500)]
    prompt = fim.fitted("a", "", "b", excerpts, ctx=4096, batch=2048)
    assert "far.py" not in prompt
    assert "near.py\ny" in prompt
