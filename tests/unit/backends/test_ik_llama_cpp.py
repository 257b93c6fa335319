"""What ik_llama.cpp does differently from llama.cpp. Its answers here are written by its source; none were recorded."""

from collections.abc import Mapping

import pytest

from qcn_lsp.backends.registry import create
from qcn_lsp.config.settings import BackendSettings, Mode, ServerKind
from qcn_lsp.core.generation import (
    AnswerFormat,
    Completed,
    GenerationEvent,
    GenerationRequest,
    InfillRequest,
    Message,
    TextDelta,
    Usage,
)
from qcn_lsp.errors import BackendError, BadAnswer, ContextOverflow, FeatureMissing
from servers.replay import Answering, ReplayServer, Reply, replaying

CHAT, COMPLETIONS = "/v1/chat/completions", "/v1/completions"
STREAM = "text/event-stream"
REQUEST = GenerationRequest((Message("user", "u"),), 24)
TOO_LONG = "the request exceeds the available context size"
OVERFLOW = f'{{"error":{{"code":500,"message":"{TOO_LONG}, try increasing it","type":"server_error"}}}}'
SHIFT = f'{{"code":500,"message":"context_length_exceeded: {TOO_LONG}; context shift is off","type":"server_error"}}'
PROPS = """{"model_alias":"unknown","model_path":"/models/qwen.gguf","n_ctx":65536,"total_slots":2,
"default_generation_settings":{"n_ctx":32768},"chat_template":"x"}"""
CODER: Mapping[str, Answering] = {
    "/health": Reply(200, body='{"status":"ok","slots_idle":1,"slots_processing":0}'),
    "/props": Reply(200, body=PROPS),
    "/tokenize": Reply(200, body='{"tokens":[151659]}'),
}


def stream(choice: str, completion_tokens: int, *, n_past: int = 40) -> Reply:
    """A stream of two pieces, its figures, and a finish reason that is always `stop`."""
    timings = f'{{"prompt_n":9,"prompt_ms":50.0,"predicted_n":3,"predicted_ms":60.0,"n_ctx":4096,"n_past":{n_past}}}'
    usage = (
        f'{{"prompt_tokens":30,"completion_tokens":{completion_tokens},"prompt_tokens_details":{{"cached_tokens":21}}}}'
    )
    chunks = (
        f'{{"choices":[{{"index":0,"finish_reason":null,{choice}}}]}}',
        f'{{"choices":[{{"index":0,"finish_reason":null,{choice}}}]}}',
        '{"choices":[{"index":0,"finish_reason":"stop","delta":{}}]}',
        f'{{"choices":[],"usage":{usage},"timings":{timings}}}',
    )
    return Reply(200, STREAM, "".join(f"data: {chunk}\n\n" for chunk in (*chunks, "[DONE]")))


def settings(server: ReplayServer) -> BackendSettings:
    return BackendSettings("tested", Mode.HYBRID, ServerKind.IK_LLAMA_CPP, server.base_url)


async def generate(server: ReplayServer, request: GenerationRequest = REQUEST) -> list[GenerationEvent]:
    backend = create(settings(server))
    try:
        return [event async for event in backend.generate(request)]
    finally:
        await backend.close()


async def infill(server: ReplayServer, request: InfillRequest) -> list[GenerationEvent]:
    backend = create(settings(server))
    try:
        return [event async for event in backend.infill(request)]
    finally:
        await backend.close()


async def test_the_figures_come_from_usage_and_timings_together() -> None:
    async with replaying({CHAT: stream('"delta":{"content":"ab"}', 3)}) as server:
        events = await generate(server)
    assert events == [TextDelta("ab"), TextDelta("ab"), Completed("stop", Usage(30, 21, 3, 0.05, 0.06))]


@pytest.mark.parametrize(
    ("tokens", "n_past", "reason"), [(23, 40, "stop"), (24, 40, "length"), (3, 4094, "stop"), (3, 4095, "length")]
)
async def test_a_cut_answer_is_told_apart_from_a_whole_one(tokens: int, n_past: int, reason: str) -> None:
    async with replaying({CHAT: stream('"delta":{"content":"ab"}', tokens, n_past=n_past)}) as server:
        last = (await generate(server))[-1]
    assert isinstance(last, Completed)
    assert last.finish_reason == reason


@pytest.mark.parametrize("reply", [Reply(500, body=OVERFLOW), Reply(200, STREAM, f'data: {{"error":{SHIFT}}}\n\n')])
async def test_an_overflow_is_no_fault(reply: Reply) -> None:
    async with replaying({CHAT: reply}) as server:
        with pytest.raises(ContextOverflow) as refused:
            await generate(server)
        assert len(server.got) == 1
    assert (refused.value.prompt_tokens, refused.value.ctx) == (None, None)


async def test_another_500_is_a_fault() -> None:
    async with replaying({CHAT: Reply(500, body=OVERFLOW.replace("exceeds", "irks"))}) as server:
        with pytest.raises(BadAnswer, match="status 500, server_error"):
            await generate(server)


async def test_what_a_chat_sends() -> None:
    request = GenerationRequest(REQUEST.messages, 24, answer_format=AnswerFormat("f", "{}", 'root ::= "[]"'))
    async with replaying({CHAT: stream('"delta":{"content":"ab"}', 3)}) as server:
        await generate(server, request)
        sent = server.got[0].json
    assert sent["grammar"] == 'root ::= "[]"'
    assert (sent["temperature"], sent["top_p"], sent["top_k"], sent["min_p"]) == (1.0, 0.95, 40, 0.0)
    assert "return_progress" not in sent
    assert "response_format" not in sent


async def test_probe_reads_what_a_slot_has() -> None:
    async with replaying(CODER) as server:
        backend = create(settings(server))
        info = await backend.probe()
        await backend.close()
    assert (info.ctx, info.slots, info.model) == (32768, 2, "qwen.gguf")


async def test_the_middle_is_asked_for_in_the_models_own_tokens() -> None:
    async with replaying({**CODER, COMPLETIONS: stream('"text":"ab"', 3)}) as server:
        events = await infill(server, InfillRequest("def f():", "\n", 24, stop=("\n\n",)))
        sent = server.sent_to(COMPLETIONS)[0].json
    assert sent["prompt"] == "<|fim_prefix|>def f():<|fim_suffix|>\n<|fim_middle|>"
    assert sent["stop"][0] == "\n\n"  # type: ignore[index] # a list, or the test fails
    assert "<|file_sep|>" in sent["stop"]  # type: ignore[operator] # the same
    assert sent["max_tokens"] == 24
    assert events == [TextDelta("ab"), TextDelta("ab"), Completed("stop", Usage(30, 21, 3, 0.05, 0.06))]


@pytest.mark.parametrize(
    ("replies", "kind"),
    [
        ({"/tokenize": Reply(200, body='{"tokens":[1,2]}')}, FeatureMissing),
        ({COMPLETIONS: Reply(501, body="{}")}, FeatureMissing),
        ({COMPLETIONS: Reply(500, body=OVERFLOW)}, ContextOverflow),
    ],
)
async def test_failures_in_the_middle_are_mapped(replies: dict[str, Reply], kind: type[BackendError]) -> None:
    async with replaying({**CODER, **replies}) as server:
        with pytest.raises(BackendError) as raised:
            await infill(server, InfillRequest("a", "b", 4))
    assert type(raised.value) is kind
