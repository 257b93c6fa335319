"""Chat with the simulated llama.cpp server, beside recordings of a real one."""

import asyncio
import json
from dataclasses import replace
from pathlib import Path

import pytest
from aiohttp import ClientPayloadError, ClientSession

from qcn_lsp.simulator.options import Fault
from servers.replay import recorded
from servers.simulated import FAST, collapsed, events, logged, shape, talking, until

CHAT = "/v1/chat/completions"
MESSAGES = [
    {"role": "system", "content": "rules"},
    {"role": "user", "content": "Review.\n<code>\n1|def f():\n2|    os.system(swordfish)\n</code>"},
]
BODY = {"messages": MESSAGES, "max_tokens": 100}
ANSWER = '[[2,78,"high","os.system(","a shell runs a command that may hold user input"]]'


def recording(name: str) -> tuple[int, str, object]:
    reply = recorded(name)
    return reply.status, reply.content_type, json.loads(reply.body)


@pytest.mark.parametrize(
    ("method", "path", "body", "name"),
    [
        ("GET", "/nope", None, "notfound"),
        ("GET", CHAT, None, "notfound"),
        ("POST", CHAT, '{"model":"x"}', "no_messages"),
        ("POST", CHAT, '{"messages":"hi"}', "messages_string"),
        ("GET", "/slots", None, "slots"),
    ],
)
async def test_answers_are_those_recorded(method: str, path: str, body: str | None, name: str) -> None:
    status, content_type, expected = recording(name)
    async with talking(replace(FAST, ctx=4096)) as client, client.request(method, path, data=body) as answer:
        assert (answer.status, answer.headers["Content-Type"]) == (status, content_type)
        assert await answer.json() == expected


async def test_a_body_that_is_no_json_is_refused_as_recorded() -> None:
    status, _, expected = recording("bad_json")
    async with talking() as client, client.post(CHAT, data='{"messages": [') as answer:
        assert answer.status == status
        assert shape(await answer.json()) == shape(expected)


@pytest.mark.parametrize("path", ["/health", "/props", "/v1/models", "/slots", "/tokenize", CHAT])
async def test_while_it_loads_everything_is_503_as_recorded(path: str) -> None:
    status, _, expected = recording("loading_chat")
    async with talking(replace(FAST, load_seconds=1000)) as client, client.get(path) as answer:
        assert answer.status == status
        assert await answer.json() == expected


async def test_a_prompt_that_does_not_fit_is_refused_as_recorded() -> None:
    status, _, expected = recording("ctx_overflow_chat_stream")
    async with talking(replace(FAST, ctx=20)) as client, client.post(CHAT, json=BODY | {"stream": True}) as answer:
        told = await answer.json()
    assert answer.status == status
    assert shape(told) == shape(expected)
    assert told["error"]["n_prompt_tokens"] > told["error"]["n_ctx"] == 20


@pytest.mark.parametrize(
    ("asked", "name"),
    [
        ({"stream_options": {"include_usage": True}}, "chat_stream"),
        ({}, "chat_stream_nousage"),
    ],
)
async def test_a_stream_has_the_order_and_shape_of_a_real_one(asked: dict[str, object], name: str) -> None:
    async with talking() as client, client.post(CHAT, json=BODY | {"stream": True} | asked) as answer:
        told = events(await answer.text())
    assert collapsed([shape(event) for event in told]) == collapsed(
        [shape(event) for event in events(recorded(name).body)]
    )


async def test_progress_comes_before_the_answer() -> None:
    long = {"messages": [{"role": "user", "content": "x = 1\n" * 400}], "stream": True, "return_progress": True}
    async with talking(replace(FAST, batch=512)) as client, client.post(CHAT, json=long) as answer:
        told = events(await answer.text())
    progress = [event["prompt_progress"] for event in told if "prompt_progress" in event]
    total = progress[0]["total"]
    assert [figures["processed"] for figures in progress] == [0, *range(512, total, 512), total]
    assert shape(told[0]) == {
        **dict.fromkeys(("created", "id", "model", "system_fingerprint", "object")),
        "choices": [{"finish_reason": None, "index": None, "delta": {"role": None, "content": None}}],
        "prompt_progress": {"total": None, "cache": None, "processed": None, "time_ms": None},
    }


async def test_every_answer_says_that_it_is_simulated() -> None:
    async with talking() as client, client.post(CHAT, json=BODY) as answer:
        assert answer.headers["Server"] == "qcn-lsp-simulator"
        told = await answer.json()
    assert told["model"] == "simulated-qwen3-coder-next"
    assert told["choices"][0]["message"]["content"] == ANSWER
    assert told["choices"][0]["finish_reason"] == "stop"


@pytest.mark.parametrize("key", ["max_tokens", "max_completion_tokens", "n_predict"])
async def test_the_answer_is_cut_where_asked(key: str) -> None:
    async with talking() as client, client.post(CHAT, json={"messages": MESSAGES, key: 3}) as answer:
        told = await answer.json()
    assert told["choices"][0]["finish_reason"] == "length"
    assert told["usage"]["completion_tokens"] == 3
    assert ANSWER.startswith(told["choices"][0]["message"]["content"])


async def test_the_context_ends_an_answer_too() -> None:
    async with talking() as client, client.post(CHAT, json=BODY) as answer:
        prompt = (await answer.json())["usage"]["prompt_tokens"]
    async with talking(replace(FAST, ctx=prompt + 2)) as client, client.post(CHAT, json=BODY) as answer:
        told = await answer.json()
    assert told["choices"][0]["finish_reason"] == "length"
    assert told["usage"]["total_tokens"] == prompt + 2


async def test_figures_are_those_of_the_published_speed_and_of_the_cache() -> None:
    other = {**BODY, "messages": [MESSAGES[0], {"role": "user", "content": "hello"}]}
    async with talking() as client:
        async with client.post(CHAT, json=other) as answer:
            first = await answer.json()
        async with client.post(CHAT, json=BODY) as answer:
            second = await answer.json()
    assert first["timings"]["cache_n"] == 0
    assert second["timings"]["cache_n"] == second["usage"]["prompt_tokens_details"]["cached_tokens"] > 0
    assert second["timings"]["cache_n"] + second["timings"]["prompt_n"] == second["usage"]["prompt_tokens"]
    assert second["timings"]["predicted_per_second"] == pytest.approx(7.59)
    assert first["timings"]["prompt_per_second"] == pytest.approx(33.37)


async def test_tokens_turn_back_into_text() -> None:
    text = "def f(): pass<|im_end|>"
    async with talking() as client:
        async with client.post("/tokenize", json={"content": text, "with_pieces": True}) as answer:
            pieces = (await answer.json())["tokens"]
        numbers = [piece["id"] for piece in pieces]
        async with client.post("/detokenize", json={"tokens": numbers}) as answer:
            assert await answer.json() == {"content": text}
    assert [piece["piece"] for piece in pieces] == ["def", " f", "():", " pass", "<|im_end|>"]


async def test_the_template_is_qwens() -> None:
    async with talking() as client, client.post("/apply-template", json={"messages": MESSAGES[:1]}) as answer:
        assert await answer.json() == {"prompt": "<|im_start|>system\nrules<|im_end|>\n<|im_start|>assistant\n"}


async def test_a_second_request_waits_for_the_slot() -> None:
    stuck = replace(FAST, faults=(Fault.HANG,))
    async with talking(stuck) as client:
        first, second = (asyncio.create_task(_post(client)) for _ in range(2))
        await until(lambda: _is_busy(client))
        async with client.get("/slots?fail_on_no_slot=1") as answer:
            assert (answer.status, await answer.json()) == (503, recording("conc_slots_fail_on_no_slot")[2])
        assert not first.done()
        assert not second.done()
        for task in (first, second):
            task.cancel()
        await asyncio.gather(first, second, return_exceptions=True)
        await until(lambda: _is_idle(client))


async def test_more_slots_serve_more_at_once() -> None:
    async with talking(replace(FAST, slots=3)) as client, client.get("/slots") as answer:
        assert [slot["id"] for slot in await answer.json()] == [0, 1, 2]


async def test_a_cut_answer_breaks_off() -> None:
    async with (
        talking(replace(FAST, faults=(Fault.CUT,))) as client,
        client.post(CHAT, json=BODY | {"stream": True}) as answer,
    ):
        with pytest.raises(ClientPayloadError):
            await answer.text()


async def test_findings_on_missing_lines() -> None:
    async with talking(replace(FAST, faults=(Fault.LINES,))) as client, client.post(CHAT, json=BODY) as answer:
        content = (await answer.json())["choices"][0]["message"]["content"]
    assert json.loads(content)[0][0] == 50_002


async def test_the_log_has_figures_and_no_text(tmp_path: Path) -> None:
    log = tmp_path / "requests.jsonl"
    async with talking(replace(FAST, log=log)) as client:
        for _ in range(2):
            async with client.post(CHAT, json=BODY) as answer:
                told = await answer.json()
        first, second = logged(log)
    assert "swordfish" not in log.read_text()
    assert first.keys() >= {"endpoint", "prompt_tokens", "cached_tokens", "completion_tokens", "seconds", "aborted"}
    assert (first["endpoint"], first["aborted"], first["finish_reason"]) == (CHAT, False, "stop")
    assert (first["cached_tokens"], second["cached_tokens"]) == (0, told["timings"]["cache_n"])
    assert second["seconds"] == pytest.approx(
        (told["timings"]["prompt_ms"] + told["timings"]["predicted_ms"]) / 1000, abs=0.002
    )
    assert first["messages"] == second["messages"]
    assert [message["role"] for message in first["messages"]] == ["system", "user"]


async def test_the_log_tells_that_a_client_has_left(tmp_path: Path) -> None:
    log = tmp_path / "requests.jsonl"
    async with talking(replace(FAST, log=log, faults=(Fault.HANG,))) as client:
        task = asyncio.create_task(_post(client))
        await until(lambda: _is_busy(client))
        task.cancel()
        await until(lambda: _is_idle(client))
        (record,) = logged(log)
    assert (record["aborted"], record["completion_tokens"], record["finish_reason"]) == (True, 0, None)


async def _post(client: ClientSession) -> None:
    async with client.post(CHAT, json=BODY) as answer:
        await answer.read()


async def _is_busy(client: ClientSession) -> bool:
    async with client.get("/slots") as answer:
        return any(slot["is_processing"] for slot in await answer.json())


async def _is_idle(client: ClientSession) -> bool:
    return not await _is_busy(client)
