"""Speeds, tokens and what is not read twice."""

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from qcn_lsp.simulator import tokenizer
from qcn_lsp.simulator.chat import ChatMessage, parse_request, render
from qcn_lsp.simulator.prefix_cache import PrefixCache
from qcn_lsp.simulator.profiles import PROFILES
from servers.replay import RECORDINGS

PRECISE = PROFILES["precise"]


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


def test_profiles_are_the_published_ones() -> None:
    assert {mode: (profile.ctx, profile.simulated) for mode, profile in PROFILES.items()} == {
        "precise": (16384, True),
        "hybrid": (65536, True),
        "nvfp4": (32768, False),
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
    assert tokenizer.count(render(parse_request(json.dumps(body).encode()).messages)) == pytest.approx(72, rel=0.1)


S, U, V, A, B = (
    ChatMessage("system", "rules"),
    ChatMessage("user", "one"),
    ChatMessage("user", "two"),
    ChatMessage("assistant", "ok"),
    ChatMessage("assistant", "not ok"),
)


@pytest.mark.parametrize(
    ("kept", "asked", "shared"),
    [
        ((), (S, U), 0),
        ((S, U), (S, V), 1),
        ((S, U), (U, U), 0),
        ((S, U), (S, U), 2),  # near its end
        ((S, U), (S, U, A, V), 2),  # the kept prompt's end
        ((S, U, A, V), (S, U, A, U), 3),
        ((S, U, A, V), (S, U, B, V), 1),  # resumed at the last user message before the difference
        ((S, U, A, V), (S, U), 1),
        ((U,), (V,), 0),
        ((A, U), (B, U), 0),
    ],
)
def test_whole_messages_are_reused(kept: tuple[ChatMessage, ...], asked: tuple[ChatMessage, ...], shared: int) -> None:
    cache = PrefixCache()
    if kept:
        cache.keep(kept)
    assert cache.shared(asked) == shared


def test_the_last_eight_prompts_are_kept() -> None:
    cache = PrefixCache()
    projects = [(ChatMessage("system", str(number)), U) for number in range(9)]
    for project in projects:
        cache.keep(project)
    assert [cache.shared(project) for project in projects] == [0, *[2] * 8]


def test_a_prompt_seen_again_is_kept_longer() -> None:
    cache = PrefixCache(keep=2)
    for first in (S, V, S, A):
        cache.keep((first, U))
    assert [cache.shared((first, U)) for first in (S, V, A)] == [2, 0, 2]
