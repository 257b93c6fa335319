"""What is sent to a llama.cpp server, and what is read from its answers."""

import json
from dataclasses import replace

import pytest

from qcn_lsp.backends.registry import create
from qcn_lsp.config.settings import BackendSettings, Mode, ServerKind
from qcn_lsp.core.generation import (
    AnswerFormat,
    BackendInfo,
    Completed,
    Feature,
    GenerationEvent,
    GenerationRequest,
    Message,
    PromptProgress,
    Sampling,
    TextDelta,
    Usage,
)
from qcn_lsp.errors import BackendUnavailable
from servers.replay import Answering, ReplayServer, Reply, recorded, replaying

CHAT = "/v1/chat/completions"
OK = Reply(200, body='{"status":"ok"}')
ONE_TOKEN = Reply(200, body='{"tokens":[151659]}')
ALL = frozenset(Feature)
REQUEST = GenerationRequest((Message("system", "s"), Message("user", "u")), 24)


def settings(base_url: str) -> BackendSettings:
    return BackendSettings("tested", Mode.PRECISE, ServerKind.LLAMA_CPP, base_url)


async def generate(server: ReplayServer, request: GenerationRequest = REQUEST) -> list[GenerationEvent]:
    backend = create(settings(server.base_url))
    events = [event async for event in backend.generate(request)]
    await backend.close()
    return events


async def probe(replies: dict[str, Reply], ctx: int | None = None, slots: int | None = None) -> BackendInfo:
    async with replaying(replies) as server:
        backend = create(replace(settings(server.base_url), ctx=ctx, slots=slots))
        try:
            return await backend.probe()
        finally:
            await backend.close()


async def test_a_recorded_stream_is_read() -> None:
    async with replaying({CHAT: recorded("chat_stream")}) as server:
        events = await generate(server)
    text = "".join(event.text for event in events if isinstance(event, TextDelta))
    assert text.startswith("```json\n{\n")
    assert sum(isinstance(event, TextDelta) for event in events) == 24
    assert events[-1] == Completed("length", Usage(72, 71, 24, 1.163834, 30.820172))


async def test_figures_without_a_usage_event_come_from_the_timings() -> None:
    async with replaying({CHAT: recorded("chat_stream_nousage")}) as server:
        events = await generate(server)
    assert events[-1] == Completed("length", Usage(72, 71, 8, 0.736384, 7.368684))


async def test_seconds_that_a_server_does_not_tell_are_measured() -> None:
    body = 'data: {"choices":[{"delta":{"content":"[]"},"finish_reason":"stop"}]}\n\ndata: [DONE]\n\n'
    async with replaying({CHAT: Reply(200, "text/event-stream", body)}) as server:
        text, completed = await generate(server)
    assert text == TextDelta("[]")
    assert isinstance(completed, Completed)
    assert completed.usage == Usage(0, None, 0, completed.usage.prompt_seconds, completed.usage.completion_seconds)
    assert completed.usage.prompt_seconds > 0
    assert completed.usage.completion_seconds > 0


async def test_progress_of_a_recorded_stream_is_read() -> None:
    async with replaying({CHAT: recorded("chat_stream_tpt")}) as server:
        events = await generate(server)
    assert [event for event in events if isinstance(event, PromptProgress)] == [
        PromptProgress(0, 0, 72),
        PromptProgress(72, 0, 72),
    ]


async def test_what_is_sent() -> None:
    request = replace(
        REQUEST,
        sampling=Sampling(temperature=0.5, top_p=0.9, top_k=7, seed=3),
        answer_format=AnswerFormat("f", json_schema='{"a":1}', grammar='root ::= "[]"'),
    )
    async with replaying({CHAT: recorded("chat_stream")}) as server:
        await generate(server, request)
        sent = json.loads(server.got[0].body)
    assert sent == {
        "model": "default",
        "messages": [{"role": "system", "content": "s"}, {"role": "user", "content": "u"}],
        "max_tokens": 24,
        "temperature": 0.5,
        "top_p": 0.9,
        "top_k": 7,
        "min_p": 0.0,
        "repeat_penalty": 1.0,
        "seed": 3,
        "stream": True,
        "stream_options": {"include_usage": True},
        "cache_prompt": True,
        "return_progress": True,
        # Alone: together with a response_format llama.cpp ignores it.
        "grammar": 'root ::= "[]"',
    }


async def test_free_text_is_sent_without_a_grammar() -> None:
    async with replaying({CHAT: recorded("chat_stream")}) as server:
        await generate(server)
        assert "grammar" not in json.loads(server.got[0].body)


async def test_counts_are_kept() -> None:
    async with replaying({"/tokenize": recorded("tokenize")}) as server:
        backend = create(settings(server.base_url))
        assert [await backend.count_tokens(text) for text in ("a", "a", "b", "a")] == [32] * 4
        await backend.close()
        assert [json.loads(sent.body) for sent in server.got] == [
            {"content": "a", "add_special": False, "parse_special": True},
            {"content": "b", "add_special": False, "parse_special": True},
        ]


async def test_probe_reads_props() -> None:
    info = await probe({"/health": OK, "/props": recorded("props"), "/tokenize": ONE_TOKEN})
    assert info == BackendInfo(ctx=4096, slots=1, model="qwen-coder-0.5b.gguf", features=ALL)


async def test_probe_falls_back_to_models_and_slots() -> None:
    info = await probe({"/health": OK, "/v1/models": recorded("v1_models"), "/slots": recorded("slots")})
    assert (info.ctx, info.slots, info.model) == (4096, 1, "qwen-coder-0.5b.gguf")


async def test_slots_alone_are_enough() -> None:
    two = Reply(200, body='[{"id":0,"n_ctx":2048},{"id":1,"n_ctx":2048}]')
    info = await probe({"/slots": two})
    assert (info.ctx, info.slots, info.model) == (2048, 2, "")


@pytest.mark.parametrize(
    ("tokenize", "features"),
    [
        (ONE_TOKEN, ALL),
        (Reply(200, body='{"tokens":[27,91,6213]}'), {Feature.ANSWER_FORMAT, Feature.TOKENIZER}),
        (Reply(404, body="{}"), {Feature.ANSWER_FORMAT}),
    ],
)
async def test_the_tokenizer_tells_what_the_model_can_do(tokenize: Reply, features: set[Feature]) -> None:
    replies = {"/health": OK, "/props": recorded("props"), "/tokenize": tokenize}
    assert (await probe(replies)).features == features


async def test_the_settings_help_a_server_that_tells_nothing() -> None:
    info = await probe({"/health": OK}, ctx=8192)
    assert (info.ctx, info.slots, info.model) == (8192, 1, "")
    with pytest.raises(BackendUnavailable, match="set ctx"):
        await probe({"/health": OK})


async def test_the_smaller_figure_wins() -> None:
    replies = {"/health": OK, "/props": recorded("props")}
    assert (await probe(replies, ctx=1000, slots=9)).ctx == 1000
    assert (await probe(replies, ctx=9999, slots=9)).ctx == 4096
    assert (await probe(replies, ctx=9999, slots=9)).slots == 1


async def test_another_model_is_counted_anew() -> None:
    replies: dict[str, Answering] = {"/health": OK, "/props": recorded("props"), "/tokenize": ONE_TOKEN}
    async with replaying(replies) as server:
        backend = create(settings(server.base_url))
        await backend.probe()
        assert await backend.count_tokens("x = 1") == 1
        replies["/tokenize"] = Reply(200, body='{"tokens":[1,2,3]}')
        await backend.probe()
        assert await backend.count_tokens("x = 1") == 1
        replies["/props"] = Reply(200, body='{"default_generation_settings":{"n_ctx":512},"model_alias":"other"}')
        await backend.probe()
        assert await backend.count_tokens("x = 1") == 3
        await backend.close()
