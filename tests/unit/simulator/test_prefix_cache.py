"""What is not read twice, by each server's rule."""

import pytest

from qcn_lsp.simulator import tokenizer
from qcn_lsp.simulator.asking import Kind
from qcn_lsp.simulator.chat import ChatMessage, render
from qcn_lsp.simulator.prefix_cache import BatchCheckpoints, Blocks, MessageCheckpoints, Prompt

S, U, V, A, B = (
    ChatMessage("system", "rules"),
    ChatMessage("user", "one"),
    ChatMessage("user", "two"),
    ChatMessage("assistant", "ok"),
    ChatMessage("assistant", "not ok"),
)


def chat(*messages: ChatMessage) -> Prompt:
    return Prompt(Kind.CHAT, tuple(tokenizer.pieces(render(messages))), messages)


def tokens(*messages: ChatMessage) -> int:
    return tokenizer.count(render(messages, generation_prompt=False))


def raw(*parts: tuple[str, int], kind: Kind = Kind.TEXT) -> Prompt:
    """A prompt of runs of one token each."""
    return Prompt(kind, tuple(piece for piece, count in parts for _ in range(count)))


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
def test_llama_cpp_reuses_whole_messages(
    kept: tuple[ChatMessage, ...], asked: tuple[ChatMessage, ...], shared: int
) -> None:
    cache = MessageCheckpoints()
    if kept:
        cache.keep(chat(*kept), 0)
    assert cache.shared(chat(*asked)) == tokens(*asked[:shared])


def test_llama_cpp_keeps_the_last_eight_prompts() -> None:
    cache = MessageCheckpoints()
    projects = [chat(ChatMessage("system", str(number)), U) for number in range(9)]
    for project in projects:
        cache.keep(project, 0)
    assert [cache.shared(project) > 0 for project in projects] == [False, *[True] * 8]


def test_llama_cpp_keeps_a_prompt_seen_again_longer() -> None:
    cache = MessageCheckpoints(keep=2)
    for first in (S, V, S, A):
        cache.keep(chat(first, U), 0)
    assert [cache.shared(chat(first, U)) > 0 for first in (S, V, A)] == [True, False, True]


@pytest.mark.parametrize("kind", [Kind.TEXT, Kind.NATIVE, Kind.INFILL])
def test_llama_cpp_reads_raw_prompts_whole(kind: Kind) -> None:
    cache = MessageCheckpoints()
    prompt = raw(("a", 5000), kind=kind)
    cache.keep(prompt, 0)
    assert cache.shared(prompt) == 0


def test_a_raw_prompt_takes_no_chats_place() -> None:
    cache = MessageCheckpoints(keep=1)
    cache.keep(chat(S, U), 0)
    cache.keep(raw(("a", 5000)), 0)
    assert cache.shared(chat(S, V)) == tokens(S)


@pytest.mark.parametrize(
    ("batch", "common", "shared"),
    [
        (2048, 2047, 0),  # shorter than a batch
        (2048, 2048, 2048),
        (2048, 4500, 4096),
        (512, 2047, 1536),  # a smaller batch helps
        (256, 1000, 512),  # checkpoints are 512 apart, however small the batch is
        (300, 1000, 600),
    ],
)
def test_ik_llama_cpp_resumes_at_the_end_of_a_batch(batch: int, common: int, shared: int) -> None:
    cache = BatchCheckpoints(batch)
    cache.keep(raw(("a", common), ("b", 3000)), 0)
    assert cache.shared(raw(("a", common), ("c", 3000))) == shared


def test_ik_llama_cpp_resumes_near_the_end_of_a_prompt() -> None:
    cache = BatchCheckpoints(2048)
    cache.keep(raw(("a", 300)), 0)
    assert cache.shared(raw(("a", 300))) == 295
    assert cache.shared(raw(("a", 300), ("b", 300))) == 295
    assert cache.shared(raw(("a", 294), ("b", 300))) == 0


def test_ik_llama_cpp_makes_no_checkpoint_of_a_few_tokens() -> None:
    cache = BatchCheckpoints(2048)
    cache.keep(raw(("a", 68)), 0)
    assert cache.shared(raw(("a", 68))) == 0


def test_ik_llama_cpp_counts_batches_from_where_it_resumed() -> None:
    cache = BatchCheckpoints(2048)
    cache.keep(raw(("a", 300)), 0)
    longer = raw(("a", 300), ("b", 5000))
    cache.keep(longer, cache.shared(longer))
    assert cache.shared(raw(("a", 300), ("b", 2500))) == 295 + 2048
    assert cache.shared(raw(("a", 300), ("c", 2500))) == 295


def test_ik_llama_cpp_never_reuses_infill() -> None:
    cache = BatchCheckpoints(512)
    prompt = raw(("a", 5000), kind=Kind.INFILL)
    cache.keep(prompt, 0)
    assert cache.shared(prompt) == cache.shared(raw(("a", 5000))) == 0


def test_vllm_hits_on_the_third_request() -> None:
    cache = Blocks()
    hits = []
    for last in "xyz":
        prompt = raw(("a", 1200), (last, 900))
        hits.append(cache.shared(prompt))
        cache.keep(prompt, 0)
    assert hits == [0, 0, 2 * 544]


@pytest.mark.parametrize(("length", "shared"), [(543, 0), (544, 0), (545, 544), (1088, 544), (1089, 1088)])
def test_vllm_reuses_whole_blocks_but_never_the_last_token(length: int, shared: int) -> None:
    cache = Blocks()
    for _ in range(2):
        cache.keep(raw(("a", length)), 0)
    assert cache.shared(raw(("a", length))) == shared


def test_vllm_reuses_nothing_behind_a_difference() -> None:
    cache = Blocks()
    for _ in range(2):
        cache.keep(raw(("a", 544), ("b", 2000)), 0)
    assert cache.shared(raw(("a", 544), ("c", 544), ("b", 2000))) == 544
    assert cache.shared(raw(("c", 1), ("a", 544), ("b", 2000))) == 0


def test_vllm_forgets_what_is_oldest() -> None:
    cache = Blocks(keep=2)
    for piece in "abc":
        for _ in range(2):
            cache.keep(raw((piece, 600)), 0)
    assert [cache.shared(raw((piece, 600))) for piece in "abc"] == [0, 544, 544]
