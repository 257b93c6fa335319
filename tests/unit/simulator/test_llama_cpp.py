"""The simulated llama.cpp server beside recordings: everything but chat, which is in `test_server.py`."""

import json
from dataclasses import replace
from typing import Any

import pytest

from servers.replay import RECORDINGS, recorded
from servers.simulated import FAST, collapsed, events, get, post, shape, talking

INFILL = {"input_prefix": "def f():\n    return", "input_suffix": "\n", "prompt": "", "n_predict": 16}
SETTINGS = "generation_settings"


def body(name: str) -> Any:
    return json.loads(recorded(name).body)


def without_settings(value: dict[str, Any]) -> object:
    """Of the settings that a request had, only those that matter here are told."""
    assert value[SETTINGS].keys() >= {"n_predict", "max_tokens", "stream", "stop"}
    return shape({**value, SETTINGS: None})


async def test_infill_is_answered_in_the_shape_recorded() -> None:
    async with talking() as client:
        told = await post(client, "/infill", INFILL)
    assert without_settings(told) == without_settings(body("infill"))
    assert (told["content"], told["stop"], told["stop_type"]) == (" None", True, "eos")
    assert told["tokens_evaluated"] == told["timings"]["prompt_n"]


async def test_infill_streams_in_the_shape_and_order_recorded() -> None:
    async with talking() as client, client.post("/infill", json=INFILL | {"stream": True}) as answer:
        assert answer.headers["Content-Type"] == recorded("infill_stream").content_type
        told = events(await answer.text(), done=False)
    real = events(recorded("infill_stream").body, done=False)
    assert collapsed([shape(event) for event in told[:-1]]) == collapsed([shape(event) for event in real[:-1]])
    assert without_settings(told[-1]) == without_settings(real[-1])
    assert "".join(event["content"] for event in told) == " None"
    assert told[-1]["content"] == ""


async def test_infill_reads_text_of_other_files() -> None:
    extra = [{"filename": "util.py", "text": "def helper(): return 1\n"}]
    async with talking() as client:
        told = await post(client, "/infill", INFILL | {"input_extra": extra})
    assert told["prompt"] == (
        "<|repo_name|>myproject\n<|file_sep|>util.py\ndef helper(): return 1\n<|file_sep|>filename\n"
        "<|fim_prefix|>def f():\n    return<|fim_suffix|>\n<|fim_middle|>"
    )


async def test_infill_is_cut_where_asked() -> None:
    long = INFILL | {"input_prefix": "db.execute(", "n_predict": 3}
    async with talking() as client:
        told = await post(client, "/infill", long)
        stopped = await post(client, "/infill", long | {"n_predict": 99, "stop": [" FROM"]})
    assert (told["stop_type"], told["tokens_predicted"]) == ("limit", 3)
    assert (stopped["stop_type"], stopped["stopping_word"], stopped["content"]) == ("word", " FROM", '"SELECT *')


async def test_infill_without_a_suffix_is_refused_as_recorded() -> None:
    async with talking() as client, client.post("/infill", json={"input_prefix": "x"}) as answer:
        assert answer.status == recorded("infill_missing").status
        assert await answer.json() == body("infill_missing")


async def test_infill_that_is_too_long_is_cut_and_not_refused() -> None:
    long = INFILL | {"input_prefix": "x1 = 1\n" * 4000, "input_suffix": "y1 = 1\n" * 4000}
    async with talking(replace(FAST, ctx=4096)) as client, client.post("/infill", json=long) as answer:
        assert answer.status == recorded("ctx_overflow_infill").status == 200
        told = await answer.json()
    assert told["tokens_evaluated"] == pytest.approx(body("ctx_overflow_infill")["tokens_evaluated"], abs=4)


async def test_infill_is_refused_where_text_of_other_files_fills_the_rest() -> None:
    long = "x1 = 1\n" * 4000
    asked = {"input_prefix": long, "input_suffix": long, "input_extra": [{"filename": "a", "text": long}]}
    async with talking(replace(FAST, ctx=4096)) as client, client.post("/infill", json=asked) as answer:
        assert answer.status == 400
        error = (await answer.json())["error"]
    assert (error["type"], error["n_prompt_tokens"]) == ("exceed_context_size_error", pytest.approx(4099, abs=3))


@pytest.mark.parametrize("name", ["fim_raw_completions", "v1_completions_suffix"])
async def test_a_raw_prompt_is_completed_in_the_shape_recorded(name: str) -> None:
    sent = json.loads((RECORDINGS / f"{name}.json").read_text())["request"]["body"]
    async with talking() as client:
        told = await post(client, "/v1/completions", sent)
    assert shape(told) == shape(body(name))
    assert told["choices"][0]["text"] == "return None"  # the text before the cursor ends with `if n < 2:`


async def test_a_raw_prompt_is_completed_in_a_stream() -> None:
    asked = {"prompt": "import", "stream": True}
    async with talking() as client, client.post("/v1/completions", json=asked) as answer:
        told = events(await answer.text())
    assert "".join(event["choices"][0]["text"] for event in told) == " json"
    assert told[-1]["choices"][0]["finish_reason"] == "stop"
    assert told[-1].keys() >= {"usage", "timings"}


@pytest.mark.parametrize("path", ["/completion", "/completions"])
async def test_the_native_completion(path: str) -> None:
    async with talking() as client:
        told = await post(client, path, {"prompt": "import", "n_predict": 5})
    assert told["content"] == " json"


async def test_a_raw_prompt_that_does_not_fit_is_refused_as_recorded() -> None:
    async with (
        talking(replace(FAST, ctx=4096)) as client,
        client.post("/completion", json={"prompt": "x = 1\n" * 2000}) as answer,
    ):
        assert answer.status == recorded("ctx_overflow_completion").status
        assert shape(await answer.json()) == shape(body("ctx_overflow_completion"))


async def test_a_request_without_a_prompt_is_refused() -> None:
    async with talking() as client:
        native = await post(client, "/completion", {})
        openai = await post(client, "/v1/completions", {})
    assert native["error"]["message"] == "[json.exception.out_of_range.403] key 'prompt' not found"
    assert openai["error"]["message"] == '"prompt" is required'


async def test_raw_prompts_and_infill_are_read_whole_every_time() -> None:
    async with talking() as client:
        for _ in range(2):
            raw = await post(client, "/v1/completions", {"prompt": "x = 1\n" * 1000})
            infill = await post(client, "/infill", INFILL)
    assert raw["timings"]["cache_n"] == infill["timings"]["cache_n"] == 0


async def test_metrics_are_off_unless_asked_for() -> None:
    async with talking() as client, client.get("/metrics") as answer:
        assert (answer.status, await answer.json()) == (501, body("metrics_disabled"))
    async with talking() as client:
        assert (await get(client, "/props"))["endpoint_metrics"] is False


async def test_metrics_have_names_of_those_recorded() -> None:
    async with talking(replace(FAST, metrics=True)) as client:
        await post(client, "/infill", INFILL)
        async with client.get("/metrics") as answer:
            assert answer.headers["Content-Type"] == recorded("metrics").content_type
            figures = dict(line.split() for line in (await answer.text()).splitlines() if line[0] != "#")
    real = {line.split()[0] for line in recorded("metrics").body.splitlines() if line and line[0] != "#"}
    assert figures.keys() <= real
    assert (figures["llamacpp:tokens_predicted_total"], figures["llamacpp:requests_processing"]) == ("2", "0")
    assert int(figures["llamacpp:prompt_tokens_total"]) > 10
