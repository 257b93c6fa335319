"""What holds for all three simulated servers: slots, leaving, keys, loading and the log."""

import asyncio
import re
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from aiohttp import ClientResponse, ClientSession

from qcn_lsp.config.settings import Mode
from qcn_lsp.simulator.completions import Completion
from qcn_lsp.simulator.options import Options
from qcn_lsp.simulator.script import Entry, Script
from servers.simulated import fast, get, logged, post, talking, until

CHAT, TEXT, NATIVE, INFILL = "/v1/chat/completions", "/v1/completions", "/completion", "/infill"
LONG = "ab " * 20_000
SCRIPT = Script((Entry(re.compile("ENDLESS"), literal=True, raw=LONG),), (Completion(re.compile(r"ENDLESS\Z"), LONG),))
BODIES: dict[str, dict[str, object]] = {
    CHAT: {"messages": [{"role": "user", "content": "ENDLESS"}], "max_tokens": 2000},
    TEXT: {"prompt": "ENDLESS", "max_tokens": 2000},
    NATIVE: {"prompt": "ENDLESS", "n_predict": 2000},
    INFILL: {"input_prefix": "", "input_suffix": "", "prompt": "ENDLESS", "n_predict": 2000},
}
ENDPOINTS = [
    *((Mode.PRECISE, path) for path in BODIES),
    *((Mode.HYBRID, path) for path in BODIES),
    *((Mode.NVFP4, path) for path in (CHAT, TEXT)),
]
MODES = [Mode.PRECISE, Mode.HYBRID, Mode.NVFP4]
NOTICING = [case for case in ENDPOINTS if case[0] is not Mode.PRECISE]


def endless(mode: Mode, log: Path | None = None) -> Options:
    """Takes much longer to answer than any test waits."""
    return replace(fast(mode), script=SCRIPT, speed=1, metrics=True, log=log)


async def figure(client: ClientSession, name: str) -> int:
    async with client.get("/metrics") as answer:
        found = re.search(rf"^\w+:{name}(?:{{.*}})? (\d+)$", await answer.text(), re.MULTILINE)
    assert found
    return int(found[1])


async def is_answering(client: ClientSession, mode: Mode) -> bool:
    running = await figure(client, "num_requests_running" if mode is Mode.NVFP4 else "requests_processing")
    return running > 0


async def waits(client: ClientSession, mode: Mode) -> bool:
    return await figure(client, "num_requests_waiting" if mode is Mode.NVFP4 else "requests_deferred") == 1


async def has_begun(client: ClientSession) -> bool:
    """Whether the llama family has given the slot to somebody, also while it reads the prompt."""
    (slot,) = await get(client, "/slots")
    return bool(slot.get("id_task", -1) > 0)


async def streaming(client: ClientSession, path: str) -> ClientResponse:
    return await client.post(path, json=BODIES[path] | {"stream": True})


async def record(log: Path) -> Mapping[str, Any]:
    """The first line of the log, once it is there."""

    async def is_there() -> bool:
        return bool(logged(log))

    await until(is_there)
    return logged(log)[0]


@pytest.mark.parametrize(("mode", "path"), ENDPOINTS)
async def test_leaving_in_the_middle_of_an_answer_frees_the_slot(mode: Mode, path: str, tmp_path: Path) -> None:
    log = tmp_path / "log"
    async with talking(endless(mode, log)) as client:
        answer = await streaming(client, path)
        assert (await answer.content.readline()).startswith(b"data: ")
        answer.close()
        left = await record(log)
        assert not await is_answering(client, mode)
    assert (left["endpoint"], left["aborted"], left["finish_reason"]) == (path, True, None)
    assert 0 < left["completion_tokens"] < 2000


@pytest.mark.parametrize(("mode", "path"), NOTICING)
async def test_leaving_without_a_stream_is_noticed_by_ik_and_vllm(mode: Mode, path: str, tmp_path: Path) -> None:
    log = tmp_path / "log"
    async with talking(endless(mode, log)) as client:
        task = asyncio.create_task(post(client, path, BODIES[path]))

        async def answering() -> bool:
            return await is_answering(client, mode)

        await until(answering)
        task.cancel()
        left = await record(log)
    assert left["aborted"]
    assert left["completion_tokens"] < 2000


@pytest.mark.parametrize("path", BODIES)
async def test_leaving_without_a_stream_is_never_noticed_by_llama_cpp(path: str, tmp_path: Path) -> None:
    log = tmp_path / "log"
    limit = {"max_tokens": 60} if path in {CHAT, TEXT} else {"n_predict": 60}
    async with talking(replace(endless(Mode.PRECISE, log), speed=20)) as client:
        task = asyncio.create_task(post(client, path, {**BODIES[path], **limit}))

        async def begun() -> bool:
            return await has_begun(client)

        await until(begun)
        task.cancel()
        assert (await record(log))["completion_tokens"] == 60


@pytest.mark.parametrize(
    ("mode", "progress", "at_a_batch"),
    [(Mode.PRECISE, False, False), (Mode.PRECISE, True, True), (Mode.HYBRID, False, True)],
)
async def test_leaving_while_the_prompt_is_read(mode: Mode, progress: bool, at_a_batch: bool, tmp_path: Path) -> None:
    """llama.cpp notices at its first write, ik_llama.cpp at the end of a batch."""
    log = tmp_path / "log"
    options = replace(endless(mode, log), batch=512)
    seconds_a_batch = 1.0 if at_a_batch else 0.25
    options = replace(options, speed=options.published.prompt_seconds(512) / seconds_a_batch)
    body = {"messages": [{"role": "user", "content": "x = 1\n" * 1000}], "stream": True, "return_progress": progress}
    async with talking(options) as client:
        task = asyncio.create_task(client.post(CHAT, json=body))

        async def begun() -> bool:
            return await has_begun(client)

        await until(begun)
        if task.done():
            task.result().close()
        task.cancel()
        left = await record(log)
    whole = options.published.prompt_seconds(left["prompt_tokens"])
    assert (left["aborted"], left["completion_tokens"]) == (True, 0)
    assert (left["seconds"] < whole - 0.01) == at_a_batch


@pytest.mark.parametrize("mode", [Mode.PRECISE, Mode.HYBRID])
async def test_who_waits_for_a_slot_gets_no_headers(mode: Mode) -> None:
    async with talking(endless(mode)) as client:
        first = await streaming(client, CHAT)
        await first.content.readline()
        second = asyncio.create_task(streaming(client, CHAT))

        async def waiting() -> bool:
            return await waits(client, mode)

        await until(waiting)
        assert not second.done()
        first.close()
        assert (await second).status == 200
        (await second).close()


async def test_vllm_sends_headers_to_who_waits_and_no_event() -> None:
    async with talking(endless(Mode.NVFP4)) as client:
        first = await streaming(client, CHAT)
        await first.content.readline()
        second = await streaming(client, CHAT)
        event = asyncio.create_task(second.content.readline())
        assert await waits(client, Mode.NVFP4)
        assert not event.done()
        first.close()
        assert (await event).startswith(b"data: ")
        second.close()


async def test_llama_cpp_sends_headers_before_it_reads_the_prompt_and_ik_after() -> None:
    body = {"messages": [{"role": "user", "content": "x = 1\n" * 2500}], "stream": True}
    async with talking(endless(Mode.PRECISE)) as client:
        answer = await client.post(CHAT, json=body)
        (slot,) = await get(client, "/slots")
        answer.close()
    assert slot["n_prompt_tokens_processed"] == 0
    async with talking(endless(Mode.HYBRID)) as client:
        task = asyncio.create_task(client.post(CHAT, json=body))

        async def begun() -> bool:
            return await has_begun(client)

        await until(begun)
        (slot,) = await get(client, "/slots")
        assert slot["state"] == 0  # it calls a slot idle that reads a prompt
        assert not task.done()
        task.cancel()


@pytest.mark.parametrize("mode", MODES)
async def test_more_slots_serve_more_at_once(mode: Mode) -> None:
    async with talking(replace(endless(mode), slots=2)) as client:
        answers = [await streaming(client, CHAT) for _ in range(2)]
        for answer in answers:
            assert (await answer.content.readline()).startswith(b"data: ")
            answer.close()


@pytest.mark.parametrize(("mode", "path"), ENDPOINTS)
async def test_every_endpoint_is_logged_and_says_that_it_is_simulated(mode: Mode, path: str, tmp_path: Path) -> None:
    log = tmp_path / "log"
    options = replace(fast(mode), log=log, prompt_tokens_details=True)
    body = {**BODIES[path], "prompt": "swordfish"} if path != CHAT else BODIES[path]
    async with talking(options) as client, client.post(path, json=body) as answer:
        assert answer.headers["Server"] == "qcn-lsp-simulator"
        told = await answer.json()
    assert told["model"] == "simulated-qwen3-coder-next"
    (line,) = logged(log)
    assert line.keys() >= {"endpoint", "prompt_tokens", "cached_tokens", "completion_tokens", "seconds", "aborted"}
    assert (line["endpoint"], line["aborted"], line["finish_reason"]) == (path, False, "stop")
    usage = told.get("usage") or {
        "prompt_tokens": told["tokens_evaluated"],
        "completion_tokens": told["tokens_predicted"],
    }
    assert line["prompt_tokens"] == usage["prompt_tokens"] > 0
    assert line["completion_tokens"] == usage["completion_tokens"] > 0
    published = options.published
    seconds = published.prompt_seconds(line["prompt_tokens"]) + published.generation_seconds(line["completion_tokens"])
    assert line["seconds"] == pytest.approx(seconds, abs=0.002)
    assert "swordfish" not in log.read_text()


@pytest.mark.parametrize("mode", MODES)
async def test_a_key_is_asked_for_in_the_servers_own_words(mode: Mode) -> None:
    family = {"error": {"code": 401, "message": "Invalid API Key", "type": "authentication_error"}}
    refusal = {"error": "Unauthorized"} if mode is Mode.NVFP4 else family
    body: dict[str, object] = {"messages": []}
    async with talking(replace(fast(mode), api_key="swordfish")) as client:
        for headers in ({}, {"Authorization": "Bearer wrong"}, {"Authorization": "swordfish"}):
            async with client.post(CHAT, json=body, headers=headers) as answer:
                assert (answer.status, await answer.json()) == (401, refusal)
        async with client.post(CHAT, json=body, headers={"Authorization": "Bearer swordfish"}) as answer:
            assert answer.status == 200
        async with client.get("/health") as answer:
            assert answer.status == 200


@pytest.mark.parametrize(
    ("mode", "path", "status"),
    [
        (Mode.PRECISE, "/v1/models", 401),
        (Mode.PRECISE, "/props", 401),
        (Mode.HYBRID, "/v1/models", 200),
        (Mode.HYBRID, "/props", 401),
        (Mode.NVFP4, "/v1/models", 401),
        (Mode.NVFP4, "/metrics", 200),
    ],
)
async def test_what_needs_a_key(mode: Mode, path: str, status: int) -> None:
    async with talking(replace(fast(mode), api_key="swordfish")) as client, client.get(path) as answer:
        assert answer.status == status


@pytest.mark.parametrize("mode", [Mode.PRECISE, Mode.HYBRID])
async def test_the_llama_family_takes_the_key_in_its_own_header_too(mode: Mode) -> None:
    async with (
        talking(replace(fast(mode), api_key="swordfish")) as client,
        client.get("/props", headers={"X-Api-Key": "swordfish"}) as answer,
    ):
        assert answer.status == 200


@pytest.mark.parametrize("path", ["/health", "/props", "/slots", CHAT, INFILL])
async def test_ik_answers_503_while_it_loads(path: str) -> None:
    async with talking(replace(fast(Mode.HYBRID), load_seconds=1000)) as client, client.get(path) as answer:
        assert answer.status == 503
        assert (await answer.json())["error"]["type"] == "unavailable_error"
