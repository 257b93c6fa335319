"""The simulated vLLM server beside recordings of a real one."""

import json
from dataclasses import replace
from typing import Any

import pytest

from servers.replay import recorded
from servers.simulated import FAST_NVFP4, collapsed, events, get, post, shape, talking

CHAT, TEXT = "/v1/chat/completions", "/v1/completions"
BODY = {"messages": [{"role": "user", "content": "<code>\n1|os.system(x)\n</code>"}], "max_tokens": 8}
FIM = "<|fim_prefix|>def f():\n    return<|fim_suffix|>\n<|fim_middle|>"
DETAILS = replace(FAST_NVFP4, prompt_tokens_details=True)


def body(name: str) -> Any:
    return json.loads(recorded(f"vllm/{name}").body)


@pytest.mark.parametrize(
    ("path", "asked", "name"), [(CHAT, BODY, "chat"), (TEXT, {"prompt": FIM, "max_tokens": 8}, "fim_raw")]
)
async def test_an_answer_has_the_shape_recorded(path: str, asked: dict[str, object], name: str) -> None:
    async with talking(FAST_NVFP4) as client, client.post(path, json=asked) as answer:
        assert answer.headers["Content-Type"] == recorded(f"vllm/{name}").content_type
        assert shape(await answer.json()) == shape(body(name))


async def test_a_stream_has_the_order_and_shape_of_a_real_one() -> None:
    asked = BODY | {"stream": True, "stream_options": {"include_usage": True}}
    async with talking(FAST_NVFP4) as client, client.post(CHAT, json=asked) as answer:
        assert answer.headers["Content-Type"] == "text/event-stream; charset=utf-8"
        told = events(await answer.text())
    real = events(recorded("vllm/chat_stream").body)
    assert collapsed([shape(event) for event in told]) == collapsed([shape(event) for event in real])
    assert told[-2]["choices"][0]["finish_reason"] == "length"


async def test_a_stream_without_usage_ends_with_the_reason() -> None:
    async with talking(FAST_NVFP4) as client:
        async with client.post(CHAT, json=BODY | {"stream": True, "max_tokens": 99}) as answer:
            chat = events(await answer.text())
        async with client.post(TEXT, json={"prompt": FIM, "stream": True}) as answer:
            text = events(await answer.text())
    assert chat[-1]["choices"][0]["finish_reason"] == text[-1]["choices"][0]["finish_reason"] == "stop"
    assert "system_fingerprint" in chat[-1]
    assert "".join(event["choices"][0]["text"] for event in text) == " None"
    assert not any("usage" in event or "timings" in event for event in (*chat, *text))


@pytest.mark.parametrize(
    ("method", "path", "asked", "name"),
    [
        ("POST", "/infill", "{}", "infill"),
        ("POST", CHAT, '{"messages": [', "bad_json"),
        ("POST", CHAT, '{"model":"simulated-qwen3-coder-next"}', "no_messages"),
        ("POST", CHAT, '{"model":"nope","messages":[]}', "bad_model"),
        ("POST", TEXT, '{"prompt":"def f(","suffix":"return 1"}', "fim_suffix"),
        ("GET", "/health", None, "health"),
    ],
)
async def test_what_it_refuses_is_refused_as_recorded(method: str, path: str, asked: str | None, name: str) -> None:
    async with talking(FAST_NVFP4) as client, client.request(method, path, data=asked) as answer:
        assert answer.status == recorded(f"vllm/{name}").status
        text = await answer.text()
    if name in {"infill", "no_messages", "fim_suffix", "health"}:
        assert text == recorded(f"vllm/{name}").body
    else:
        assert shape(json.loads(text)) == shape(body(name))


async def test_a_wrong_method_is_told() -> None:
    async with talking(FAST_NVFP4) as client, client.get(CHAT) as answer:
        assert (answer.status, await answer.json()) == (405, {"detail": "Method Not Allowed"})


async def test_a_prompt_that_does_not_fit_is_refused_in_the_words_recorded() -> None:
    long = {"messages": [{"role": "user", "content": "x = 1; " * 2000}], "max_tokens": 4}
    async with talking(replace(FAST_NVFP4, ctx=2048)) as client, client.post(CHAT, json=long) as answer:
        assert answer.status == recorded("vllm/ctx_overflow").status
        assert await answer.json() == body("ctx_overflow")


async def test_an_answer_that_does_not_fit_is_refused_with_both_counts() -> None:
    async with talking(FAST_NVFP4) as client:
        prompt = (await post(client, TEXT, {"prompt": FIM, "max_tokens": 1}))["usage"]["prompt_tokens"]
    async with talking(replace(FAST_NVFP4, ctx=100)) as client:
        whole = await post(client, TEXT, {"prompt": FIM, "max_tokens": 100 - prompt})
        async with client.post(TEXT, json={"prompt": FIM, "max_tokens": 101 - prompt}) as answer:
            assert answer.status == 400
            told = (await answer.json())["error"]
    assert whole["usage"]["prompt_tokens"] == prompt
    assert (told["type"], told["param"], told["code"]) == ("BadRequestError", "input_tokens", 400)
    assert told["message"] == (
        f"This model's maximum context length is 100 tokens. However, you requested {101 - prompt} output tokens and "
        f"your prompt contains {prompt} input tokens, for a total of 101 tokens. Please reduce the length of the "
        f"input prompt or the number of requested output tokens. (parameter=input_tokens, value={prompt})"
    )


async def test_tokens_are_counted_in_the_shape_recorded() -> None:
    async with talking(FAST_NVFP4) as client:
        told = await post(client, "/tokenize", {"model": "simulated-qwen3-coder-next", "prompt": "def f(): pass"})
        chat = await post(client, "/tokenize", {"messages": BODY["messages"]})
        answered = await post(client, CHAT, BODY)
        text = await post(client, "/detokenize", {"tokens": told["tokens"]})
    assert shape(told) == shape({**body("tokenize"), "tokens": told["tokens"]})
    assert told["count"] == body("tokenize")["count"] == len(told["tokens"])
    assert told["max_model_len"] == 32768
    assert chat["count"] == answered["usage"]["prompt_tokens"]
    assert text == {"prompt": "def f(): pass"}


@pytest.mark.parametrize(("path", "name"), [("/v1/models", "models"), ("/version", "version")])
async def test_it_introduces_itself_in_the_shape_recorded(path: str, name: str) -> None:
    async with talking(FAST_NVFP4) as client:
        assert shape(await get(client, path)) == shape(body(name))


async def test_a_completion_is_sixteen_tokens_long_unless_it_says() -> None:
    async with talking(FAST_NVFP4) as client:
        told = await post(client, TEXT, {"prompt": "db.execute(" + "x" * 3})
        long = await post(client, TEXT, {"prompt": "if x:\n" + "    "})
    assert told["usage"]["completion_tokens"] <= 16
    assert long["choices"][0]["text"] == "return None"


async def test_a_stop_text_is_the_reason() -> None:
    async with talking(FAST_NVFP4) as client:
        told = await post(client, TEXT, {"prompt": "db.execute(", "stop": " FROM"})
    assert (told["choices"][0]["finish_reason"], told["choices"][0]["stop_reason"]) == ("stop", " FROM")


async def test_what_came_from_the_cache_is_told_on_request_and_from_the_third_time() -> None:
    asked = {"prompt": "x = 1\n" * 500}
    async with talking(FAST_NVFP4) as client:
        silent = [(await post(client, TEXT, asked))["usage"]["prompt_tokens_details"] for _ in range(3)]
    async with talking(DETAILS) as client:
        told = [(await post(client, TEXT, asked))["usage"]["prompt_tokens_details"] for _ in range(3)]
    assert silent == [None] * 3
    assert told == [{"cached_tokens": 0}, {"cached_tokens": 0}, {"cached_tokens": 4 * 544}]


async def test_metrics_tell_who_waits() -> None:
    async with talking(FAST_NVFP4) as client, client.get("/metrics") as answer:
        text = await answer.text()
    labels = '{engine="0",model_name="simulated-qwen3-coder-next"}'
    assert f"vllm:num_requests_running{labels} 0\n" in text
    assert f"vllm:num_requests_waiting{labels} 0\n" in text
