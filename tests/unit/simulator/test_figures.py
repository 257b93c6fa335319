"""Speeds, tokens and what is not read twice."""

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from qcn_lsp.config.published import PUBLISHED
from qcn_lsp.config.settings import Mode
from qcn_lsp.simulator import tokenizer
from qcn_lsp.simulator.asking import Kind, read
from qcn_lsp.simulator.chat import render
from servers.replay import RECORDINGS

PRECISE = PUBLISHED[Mode.PRECISE]


@pytest.mark.parametrize(
    ("tokens", "seconds"),
    [(0, 0.0), (1, 1 / 33.37), (32, 32 / 33.37), (287, 287 / 117.40), (1174, 10.0)],
)
def test_published_prompt_speeds(tokens: int, seconds: float) -> None:
    assert PRECISE.prompt_seconds(tokens) == pytest.approx(seconds)


@given(st.integers(0, 400))
def test_a_longer_prompt_takes_longer(tokens: int) -> None:
    assert PRECISE.prompt_seconds(tokens) < PRECISE.prompt_seconds(tokens + 1)


def test_between_the_measured_lengths_time_is_linear() -> None:
    middle = (32 + 287) / 2
    low, high = PRECISE.prompt_seconds(32), PRECISE.prompt_seconds(287)
    assert PRECISE.prompt_seconds(159) < (low + high) / 2 < PRECISE.prompt_seconds(160)
    assert int(middle) == 159


def test_published_generation_speed() -> None:
    assert PRECISE.generation_seconds(1) == 0
    assert PRECISE.generation_seconds(760) == pytest.approx(100.0)


def test_contexts_are_the_published_ones() -> None:
    assert {str(mode): published.ctx for mode, published in PUBLISHED.items()} == {
        "precise": 16384,
        "hybrid": 65536,
        "nvfp4": 32768,
    }


@given(st.text())
def test_pieces_are_the_text(text: str) -> None:
    assert "".join(tokenizer.pieces(text)) == text
    assert "".join(tokenizer.pieces(text, control=False)) == text
    assert tokenizer.count(text) == len(tokenizer.pieces(text))


@given(st.lists(st.text(max_size=20), max_size=20))
def test_numbers_turn_back_into_text(pieces: list[str]) -> None:
    vocabulary = tokenizer.Vocabulary()
    assert vocabulary.decode(vocabulary.encode(pieces)) == "".join(pieces)
    assert vocabulary.decode([-1, 10**6]) == ""


def test_control_tokens_are_one_token() -> None:
    assert tokenizer.pieces("a<|im_end|>b") == ["a", "<|im_end|>", "b"]
    assert len(tokenizer.pieces("<|im_end|>", control=False)) > 2


def test_the_count_is_near_a_real_one() -> None:
    recording = json.loads((RECORDINGS / "tokenize.json").read_text())
    real = len(json.loads(recording["response"]["body"])["tokens"])
    assert tokenizer.count(recording["request"]["body"]["content"]) == pytest.approx(real, rel=0.15)


def test_a_chat_prompt_counts_nearly_as_a_real_server_counts_it() -> None:
    body = json.loads((RECORDINGS / "chat_stream_tpt.json").read_text())["request"]["body"]
    assert tokenizer.count(render(read(Kind.CHAT, json.dumps(body).encode(), ()).messages)) == pytest.approx(
        72, rel=0.1
    )
