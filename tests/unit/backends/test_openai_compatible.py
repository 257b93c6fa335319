"""Any other server of OpenAI's protocol: what is not in the protocol is neither sent nor believed."""

from collections.abc import Mapping

import pytest

from qcn_lsp.backends.registry import create
from qcn_lsp.config.settings import BackendSettings, Mode, ServerKind
from qcn_lsp.core.generation import (
    AnswerFormat,
    BackendInfo,
    Completed,
    GenerationEvent,
    GenerationRequest,
    InfillRequest,
    Message,
    Sampling,
    TextDelta,
)
from qcn_lsp.errors import BackendUnavailable, ContextOverflow, FeatureMissing
from servers.replay import Answering, ReplayServer, Reply, recorded, replaying

CHAT, MODELS = "/v1/chat/completions", "/v1/models"
REQUEST = GenerationRequest((Message("user", "u"),), 8)
SERVER: Mapping[str, Answering] = {MODELS: recorded("vllm/models"), CHAT: recorded("vllm/chat_stream")}


def settings(base_url: str, model: str = "", ctx: int | None = None) -> BackendSettings:
    return BackendSettings("tested", Mode.NVFP4, ServerKind.OPENAI, base_url, model=model, ctx=ctx)


async def generate(server: ReplayServer, request: GenerationRequest = REQUEST) -> list[GenerationEvent]:
    backend = create(settings(server.base_url))
    try:
        return [event async for event in backend.generate(request)]
    finally:
        await backend.close()


async def probe(models: Reply, model: str = "", ctx: int | None = None) -> BackendInfo:
    async with replaying({MODELS: models}) as server:
        backend = create(settings(server.base_url, model, ctx))
        try:
            return await backend.probe()
        finally:
            await backend.close()


async def test_a_recorded_stream_is_read() -> None:
    async with replaying(SERVER) as server:
        events = await generate(server)
    assert any(isinstance(event, TextDelta) for event in events)
    last = events[-1]
    assert isinstance(last, Completed)
    assert (last.finish_reason, last.usage.prompt_tokens, last.usage.cached_tokens) == ("length", 53, None)
    assert last.usage.prompt_seconds > 0


async def test_what_is_sent_is_in_the_protocol() -> None:
    request = GenerationRequest(
        REQUEST.messages, 8, Sampling(0.5, 0.9, 7, seed=3), AnswerFormat("f", '{"type":"array"}', "g")
    )
    async with replaying(SERVER) as server:
        await generate(server, request)
        assert server.sent_to(CHAT)[0].json == {
            "model": "qwen-coder-0.5b",
            "messages": [{"role": "user", "content": "u"}],
            "max_tokens": 8,
            "temperature": 0.5,
            "top_p": 0.9,
            "seed": 3,
            "stream": True,
            "stream_options": {"include_usage": True},
            "response_format": {
                "type": "json_schema",
                "json_schema": {"name": "f", "schema": {"type": "array"}, "strict": True},
            },
        }


@pytest.mark.parametrize(
    "told",
    [
        '"max_model_len":2048',
        '"context_length":2048',
        '"max_context_length":2048',
        '"context_window":2048',
        '"meta":{"n_ctx":2048}',
    ],
)
async def test_the_context_goes_by_many_names(told: str) -> None:
    info = await probe(Reply(200, body=f'{{"data":[{{"id":"m",{told}}}]}}'))
    assert info == BackendInfo(ctx=2048, slots=1, model="m", features=frozenset())


async def test_the_settings_say_what_the_server_does_not() -> None:
    info = await probe(Reply(200, body='{"data":[{"id":"m"},{"id":"n"}]}'), model="n", ctx=8192)
    assert (info.ctx, info.model) == (8192, "n")
    assert (await probe(Reply(404, body="{}"), model="n", ctx=8192)).ctx == 8192


@pytest.mark.parametrize(
    ("body", "says"),
    [
        ('{"data":[{"id":"m"}]}', "set ctx"),
        ('{"data":[{"id":"m","context_length":9},{"id":"n"}]}', "exactly one model; set model"),
        ('{"data":[]}', "exactly one model; set model"),
    ],
)
async def test_what_cannot_be_known_is_asked_for(body: str, says: str) -> None:
    with pytest.raises(BackendUnavailable, match=says):
        await probe(Reply(200, body=body))


async def test_tokens_are_bounded_without_asking() -> None:
    async with replaying({}) as server:
        backend = create(settings(server.base_url))
        assert await backend.count_tokens("é = 1") == 6
        await backend.close()
        assert server.got == []


async def test_the_middle_is_refused_without_asking() -> None:
    async with replaying({}) as server:
        backend = create(settings(server.base_url))
        with pytest.raises(FeatureMissing, match=r"set server to llama\.cpp"):
            assert [event async for event in backend.infill(InfillRequest("a", "b", 4))] == []
        await backend.close()
        assert server.got == []


@pytest.mark.parametrize(
    ("reply", "counts"),
    [
        (recorded("vllm/ctx_overflow"), (None, 2048)),
        (recorded("ctx_overflow_chat_stream"), (25309, 4096)),
        (Reply(400, body='{"error":{"code":"context_length_exceeded","message":"too long"}}'), (None, None)),
    ],
)
async def test_an_overflow_is_understood_whoever_words_it(reply: Reply, counts: tuple[int | None, int | None]) -> None:
    async with replaying({**SERVER, CHAT: reply}) as server:
        with pytest.raises(ContextOverflow) as refused:
            await generate(server)
    assert (refused.value.prompt_tokens, refused.value.ctx) == counts


async def test_an_address_may_end_in_something_else_than_v1() -> None:
    async with replaying({"/api/chat/completions": recorded("vllm/chat_stream")}) as server:
        backend = create(settings(f"{server.root}/api", model="m"))
        assert [event async for event in backend.generate(REQUEST)]
        await backend.close()
