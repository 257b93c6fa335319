"""The simulated ik_llama.cpp server. Shapes are those of its source; there are no recordings."""

from dataclasses import replace

import pytest

from servers.simulated import FAST_HYBRID, events, get, post, shape, talking

CHAT = "/v1/chat/completions"
BODY = {"messages": [{"role": "user", "content": "<code>\n1|os.system(x)\n</code>"}], "max_tokens": 100}
RATES = ("per_second", "per_token_ms", "n", "ms")
TIMINGS = {*(f"{what}_{rate}" for what in ("prompt", "predicted") for rate in RATES), "n_ctx", "n_past"}
FIM = "<|fim_prefix|>def f():\n    return<|fim_suffix|>\n<|fim_middle|>"
NATIVE_KEYS = ("content", "stop", "id_slot", "multimodal")


async def test_a_stream_reports_no_progress_and_ends_with_figures() -> None:
    asked = BODY | {"stream": True, "stream_options": {"include_usage": True}, "return_progress": True}
    async with talking(FAST_HYBRID) as client, client.post(CHAT, json=asked) as answer:
        told = events(await answer.text())
    names = {"created", "id", "model", "object", "choices"}
    assert [event.keys() for event in told[:-1]] == [names] * (len(told) - 1)
    assert told[0]["choices"][0]["delta"] == {"role": "assistant", "content": None}
    assert told[-2]["choices"][0] == {"finish_reason": "stop", "index": 0, "delta": {}}
    assert told[-1].keys() == names | {"usage", "timings"}
    assert told[-1]["choices"] == []
    assert told[-1]["timings"].keys() == TIMINGS
    assert told[-1]["usage"]["prompt_tokens_details"] == {"cached_tokens": 0}


async def test_an_overflow_is_the_servers_error_and_tells_no_counts() -> None:
    async with (
        talking(replace(FAST_HYBRID, ctx=20)) as client,
        client.post(CHAT, json=BODY | {"stream": True}) as answer,
    ):
        assert answer.status == 500
        assert await answer.json() == {
            "error": {
                "code": 500,
                "message": "the request exceeds the available context size, try increasing it",
                "type": "server_error",
            }
        }


@pytest.mark.parametrize(
    ("path", "body", "status", "message"),
    [
        (CHAT, "{}", 500, "'messages' is required"),
        ("/v1/completions", "{}", 500, '"prompt" is required'),
        ("/infill", '{"input_prefix": "x", "input_suffix": ""}', 400, "key 'prompt' not found"),
        ("/completion", "{}", 400, "key 'prompt' not found"),
        (CHAT, "{", 500, "parse error"),
    ],
)
async def test_what_it_cannot_read_is_mostly_its_own_fault(path: str, body: str, status: int, message: str) -> None:
    async with talking(FAST_HYBRID) as client, client.post(path, data=body) as answer:
        assert answer.status == status
        assert message in (await answer.json())["error"]["message"]


@pytest.mark.parametrize(("prompt", "content"), [("", ""), ("import", " json")])
async def test_infill_ignores_the_texts_around_the_cursor(prompt: str, content: str) -> None:
    asked = {"input_prefix": "def f():\n    return", "input_suffix": "\n", "prompt": prompt}
    async with talking(FAST_HYBRID) as client:
        told = await post(client, "/infill", asked)
    assert (told["prompt"], told["content"], told["stopped_eos"], told["stopped_limit"]) == (
        prompt,
        content,
        True,
        False,
    )


async def test_a_raw_prompt_is_filled_in() -> None:
    async with talking(FAST_HYBRID) as client:
        told = await post(client, "/completion", {"prompt": FIM})
    assert (told["prompt"], told["content"]) == (FIM, " None")
    assert told["timings"].keys() == TIMINGS


async def test_a_native_stream_has_plain_pieces_and_no_done() -> None:
    asked = {"prompt": FIM, "stream": True}
    async with talking(FAST_HYBRID) as client, client.post("/completion", json=asked) as answer:
        told = events(await answer.text(), done=False)
    assert {tuple(event) for event in told[:-1]} == {NATIVE_KEYS}
    assert (told[-1]["stop"], told[-1]["content"], told[-1]["generated_text"]) == (True, "", " None")


@pytest.mark.parametrize("path", ["/completion", "/v1/completions", "/infill"])
async def test_a_raw_prompt_that_is_too_long_is_refused(path: str) -> None:
    asked = {"prompt": "x = 1\n" * 100}
    async with talking(replace(FAST_HYBRID, ctx=100)) as client, client.post(path, json=asked) as answer:
        assert answer.status == 500


async def test_props_tell_the_context_of_a_slot_and_of_all() -> None:
    async with talking(replace(FAST_HYBRID, slots=2)) as client:
        props = await get(client, "/props")
        models = await get(client, "/v1/models")
    assert props["default_generation_settings"]["n_ctx"] == 65536
    assert (props["n_ctx"], props["total_slots"]) == (131072, 2)
    assert models["data"][0]["max_model_len"] == 131072


async def test_slots_tell_their_state_as_a_number() -> None:
    async with talking(FAST_HYBRID) as client:
        (slot,) = await get(client, "/slots")
        health = await get(client, "/health")
    assert (slot["state"], slot["id_task"], slot["n_ctx"]) == (0, -1, 65536)
    assert shape(slot["next_token"]) == dict.fromkeys(("has_next_token", "n_remain", "n_decoded"))
    assert health == {"status": "ok", "slots_idle": 1, "slots_processing": 0}


@pytest.mark.parametrize(("batch", "cached"), [(2048, 0), (512, 1024)])
async def test_a_shared_prefix_is_reused_by_whole_batches(batch: int, cached: int) -> None:
    rules = {"role": "system", "content": "rule\n" * 700}
    async with talking(replace(FAST_HYBRID, batch=batch)) as client:
        for question in ("one", "two"):
            messages = [rules, {"role": "user", "content": f"{question} {'x = 1 ' * 300}"}]
            told = await post(client, CHAT, {"messages": messages})
    assert told["usage"]["prompt_tokens_details"]["cached_tokens"] == cached
    assert told["timings"]["prompt_n"] == told["usage"]["prompt_tokens"] - cached


async def test_raw_prompts_are_reused_and_infill_is_not() -> None:
    async with talking(replace(FAST_HYBRID, batch=512)) as client:
        for _ in range(2):
            raw = await post(client, "/v1/completions", {"prompt": "x = 1\n" * 500})
            infill = await post(client, "/infill", {"prompt": "x = 1\n" * 500})
    assert raw["usage"]["prompt_tokens_details"]["cached_tokens"] == raw["usage"]["prompt_tokens"] - 5
    assert infill["timings"]["prompt_n"] == infill["tokens_evaluated"]


async def test_models_are_told_while_it_loads() -> None:
    async with talking(replace(FAST_HYBRID, load_seconds=1000)) as client:
        assert "data" in await get(client, "/v1/models")
        async with client.get("/health") as answer:
            assert answer.status == 503


async def test_metrics_are_off_unless_asked_for() -> None:
    async with talking(FAST_HYBRID) as client, client.get("/metrics") as answer:
        assert answer.status == 501
    async with talking(replace(FAST_HYBRID, metrics=True)) as client, client.get("/metrics") as answer:
        assert "llamacpp:requests_deferred 0" in await answer.text()
