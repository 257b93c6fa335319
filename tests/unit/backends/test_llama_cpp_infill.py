"""Filling in the middle on a llama.cpp server: `/infill`, which never refuses what does not fit."""

import json
from collections.abc import Mapping

import pytest

from qcn_lsp.backends.registry import create
from qcn_lsp.config.settings import BackendSettings, Mode, ServerKind
from qcn_lsp.core.generation import (
    Completed,
    Excerpt,
    GenerationEvent,
    InfillRequest,
    PromptProgress,
    Sampling,
    TextDelta,
    Usage,
)
from qcn_lsp.errors import BackendError, BadAnswer, ContextOverflow, FeatureMissing
from servers.replay import Answering, ReplayServer, Reply, Sent, recorded, replaying

STREAM = "text/event-stream"
REQUEST = InfillRequest("def fib(n):\n    ", "\n    return n\n", 16)


def one_token_each(sent: Sent) -> Reply:
    """A tokenizer to which every word is a token, and so is every control token."""
    return Reply(200, body=json.dumps({"tokens": list(range(len(str(sent.json["content"]).split())))}))


CODER: Mapping[str, Answering] = {
    "/health": Reply(200, body="{}"),
    "/props": Reply(200, body='{"default_generation_settings":{"n_ctx":4096},"total_slots":1,"model_alias":"coder"}'),
    "/tokenize": one_token_each,
    "/infill": recorded("infill_stream"),
}


async def infill(server: ReplayServer, request: InfillRequest = REQUEST) -> list[GenerationEvent]:
    backend = create(BackendSettings("tested", Mode.PRECISE, ServerKind.LLAMA_CPP, server.base_url))
    try:
        return [event async for event in backend.infill(request)]
    finally:
        await backend.close()


async def test_a_recorded_stream_is_read() -> None:
    async with replaying(CODER) as server:
        events = await infill(server)
    text = "".join(event.text for event in events if isinstance(event, TextDelta))
    assert text == "return n\n    else:\n        return fib(n-1) + fib(n"
    assert events[-1] == Completed("length", Usage(36, 35, 16, 0.213398, 6.854483))


async def test_an_answer_that_ended_by_itself_is_whole() -> None:
    last = '{"content":"","stop":true,"stop_type":"eos","timings":{"prompt_n":3,"predicted_n":1}}'
    progress = '{"content":"","stop":false,"prompt_progress":{"total":3,"cache":0,"processed":3}}'
    body = f'data: {progress}\n\ndata: {{"content":"x","stop":false}}\n\ndata: {last}\n\n'
    async with replaying({**CODER, "/infill": Reply(200, STREAM, body)}) as server:
        events = await infill(server)
    assert events == [PromptProgress(3, 0, 3), TextDelta("x"), Completed("stop", Usage(3, None, 1))]


async def test_what_is_sent() -> None:
    request = InfillRequest(
        "a", "b", 9, excerpts=(Excerpt("m.py", "M = 1"),), sampling=Sampling(0.2, 0.9, 7, seed=3), stop=("\n\n",)
    )
    async with replaying(CODER) as server:
        await infill(server, request)
        assert server.sent_to("/infill")[0].json == {
            "input_prefix": "a",
            "input_suffix": "b",
            "input_extra": [{"filename": "m.py", "text": "M = 1"}],
            "prompt": "",
            "n_predict": 9,
            "temperature": 0.2,
            "top_p": 0.9,
            "top_k": 7,
            "min_p": 0.0,
            "repeat_penalty": 1.0,
            "seed": 3,
            "stop": ["\n\n"],
            "stream": True,
            "cache_prompt": True,
            "return_progress": True,
        }


async def test_a_short_request_is_not_counted() -> None:
    async with replaying(CODER) as server:
        await infill(server)
        assert [sent.json["content"] for sent in server.sent_to("/tokenize")] == ["<|fim_prefix|>"]


async def test_a_long_request_that_fits_by_count_is_sent() -> None:
    # 3,000 tokens in more bytes than the context has tokens.
    async with replaying(CODER) as server:
        await infill(server, InfillRequest("abc " * 3000, "", 16))
        assert len(server.sent_to("/infill")) == 1


@pytest.mark.parametrize(
    "request_",
    [
        InfillRequest("a " * 4096, "", 16),
        InfillRequest("", "a " * 4096, 16),
        InfillRequest("", "", 16, excerpts=(Excerpt("m.py", "a " * 4096),)),
        InfillRequest("a " * 2000, "b " * 2000, 600),
    ],
)
async def test_what_cannot_fit_is_refused_before_it_is_sent(request_: InfillRequest) -> None:
    async with replaying(CODER) as server:
        with pytest.raises(ContextOverflow) as refused:
            await infill(server, request_)
        assert refused.value.ctx == 4096
        assert refused.value.prompt_tokens is not None
        assert server.sent_to("/infill") == []


async def test_a_model_without_the_tokens_is_not_asked() -> None:
    async with replaying({**CODER, "/tokenize": Reply(200, body='{"tokens":[27,91,62]}')}) as server:
        with pytest.raises(FeatureMissing, match="serve a model that can"):
            await infill(server)
        assert server.sent_to("/infill") == []


@pytest.mark.parametrize(
    ("reply", "kind"),
    [
        (recorded("infill_unsupported"), FeatureMissing),
        (Reply(404, body="{}"), FeatureMissing),
        (Reply(200, STREAM, 'data: {"content":"x","stop":false}\n\n'), BadAnswer),
        (Reply(200, STREAM, 'data: {"content":"x","stop":false}\n\n', cut=True), BadAnswer),
        (Reply(200, STREAM, 'data: {"error":{"code":500,"message":"x"}}\n\n'), BadAnswer),
        (Reply(200, STREAM, 'data: {"content":7}\n\n'), BadAnswer),
        (Reply(200, "application/json", "{}"), BadAnswer),
    ],
)
async def test_failures_are_mapped(reply: Reply, kind: type[BackendError]) -> None:
    async with replaying({**CODER, "/infill": reply}) as server:
        with pytest.raises(BackendError) as raised:
            await infill(server)
    assert type(raised.value) is kind
