"""A closer look at each kind of server: its version, what it works on, and the flags that would mend it."""

import json
from collections.abc import Mapping

import pytest

from qcn_lsp.backends.registry import create
from qcn_lsp.config.settings import BackendSettings, Mode, ServerKind
from qcn_lsp.core.generation import Inspection
from servers.replay import Answering, Reply, recorded, replaying

TOKENIZE = Reply(200, body='{"tokens":[1],"count":1}')
LLAMA: Mapping[str, Answering] = {
    "/health": Reply(200, body="{}"),
    "/props": recorded("props"),
    "/slots": recorded("slots"),
    "/metrics": recorded("metrics"),
    "/tokenize": TOKENIZE,
}
VLLM: Mapping[str, Answering] = {
    "/v1/models": recorded("vllm/models"),
    "/version": recorded("vllm/version"),
    "/tokenize": TOKENIZE,
}
# The recording of this endpoint is cut before these lines.
VLLM_METRICS = """# TYPE vllm:num_requests_running gauge
vllm:num_requests_running{engine="0",model_name="m"} 2.0
vllm:num_requests_waiting{engine="0",model_name="m"} 1.0
vllm:num_requests_running_total{engine="0"} 9.0
vllm:cache_config_info{block_size="16",cache_dtype="auto",enable_prefix_caching="PREFIX",engine="0"} 1.0
"""


def props(**changed: object) -> Reply:
    return Reply(200, body=json.dumps({**json.loads(recorded("props").body), **changed}))


def metrics(prefix_caching: str) -> Reply:
    return Reply(200, "text/plain; version=1.0.0", VLLM_METRICS.replace("PREFIX", prefix_caching))


async def inspect(
    kind: ServerKind, replies: Mapping[str, Answering], mode: Mode = Mode.PRECISE, ctx: int | None = None
) -> Inspection:
    async with replaying(replies) as server:
        backend = create(BackendSettings("tested", mode, kind, server.base_url, ctx=ctx))
        try:
            return await backend.inspect()
        finally:
            await backend.close()


def remedies(inspection: Inspection) -> list[str]:
    return [remark.remedy for remark in inspection.remarks]


async def test_a_llama_cpp_server_with_nothing_to_mend() -> None:
    inspection = await inspect(ServerKind.LLAMA_CPP, LLAMA)
    assert (inspection.version, inspection.busy, inspection.remarks) == ("b0-unknown", 0, ())
    assert inspection.info.ctx == 4096


async def test_busy_slots_are_counted() -> None:
    busy = {**LLAMA, "/slots": recorded("conc_slots_during")}
    assert (await inspect(ServerKind.LLAMA_CPP, busy)).busy == 1
    states = {**LLAMA, "/slots": Reply(200, body='[{"n_ctx":9,"state":1},{"n_ctx":9,"state":0},{"state":1}]')}
    assert (await inspect(ServerKind.IK_LLAMA_CPP, states)).busy == 2


@pytest.mark.parametrize("kind", [ServerKind.LLAMA_CPP, ServerKind.IK_LLAMA_CPP])
@pytest.mark.parametrize(
    ("replies", "text", "remedy"),
    [
        ({"/slots": recorded("slots_no_flag")}, "/slots", "start it without --no-slots"),
        ({"/metrics": recorded("metrics_disabled")}, "/metrics", "start it with --metrics"),
        ({"/tokenize": Reply(200, body='{"tokens":[1,2]}')}, "fill in the middle", "such as Qwen3-Coder-Next"),
        ({"/tokenize": Reply(404, body="{}")}, "does not count tokens", "newer version"),
        ({"/props": props(total_slots=4)}, "4 slots share its context, which leaves 4096 tokens", "-np 1"),
        ({"/props": props(chat_template_caps={"supports_system_role": False})}, "chat template", "--jinja"),
        ({"/props": Reply(200, body='{"chat_template":"","default_generation_settings":{"n_ctx":9}}')}, "", "--jinja"),
    ],
)
async def test_each_remark_names_what_mends_it(
    kind: ServerKind, replies: dict[str, Answering], text: str, remedy: str
) -> None:
    inspection = await inspect(kind, {**LLAMA, **replies})
    (remark,) = inspection.remarks
    assert text in remark.text
    assert remedy in remark.remedy
    assert (inspection.busy is None) == ("/slots" in replies)


@pytest.mark.parametrize(
    ("mode", "ctx", "expected"),
    [
        (Mode.HYBRID, None, ["start it with -c 65536"]),
        (Mode.HYBRID, 65536, []),
        (Mode.PRECISE, None, []),
        (Mode.PRECISE, 1 << 19, ["start it with -c 524288, or take ctx out of the settings"]),
    ],
)
async def test_a_context_is_compared(mode: Mode, ctx: int | None, expected: list[str]) -> None:
    large = {**LLAMA, "/props": props(default_generation_settings={"n_ctx": 262144})}
    assert remedies(await inspect(ServerKind.IK_LLAMA_CPP, large, mode, ctx)) == expected


@pytest.mark.parametrize(
    ("replies", "busy", "expected"),
    [
        ({"/metrics": metrics("True")}, 3, []),
        ({"/metrics": metrics("False")}, 3, ["start it with --enable-prefix-caching"]),
        ({"/metrics": Reply(200, "text/plain", "# nothing\n")}, None, ["start it without --disable-log-stats"]),
        ({}, None, ["start it without --disable-log-stats"]),
    ],
)
async def test_a_vllm_server(replies: dict[str, Answering], busy: int | None, expected: list[str]) -> None:
    inspection = await inspect(ServerKind.VLLM, {**VLLM, **replies}, Mode.NVFP4)
    assert (inspection.version, inspection.busy) == ("0.32.0", busy)
    assert remedies(inspection) == expected


@pytest.mark.parametrize(
    ("models", "remedy"),
    [
        (recorded("vllm/models"), "set server to vllm"),
        (recorded("v1_models"), "set server to llama.cpp"),
        (Reply(200, body='{"data":[{"id":"m","context_length":9}]}'), "llama.cpp, ik_llama.cpp or vllm"),
    ],
)
async def test_a_plain_server_is_recognized_if_it_says_who_it_is(models: Reply, remedy: str) -> None:
    inspection = await inspect(ServerKind.OPENAI, {"/v1/models": models})
    (only,) = remedies(inspection)
    assert remedy in only
    assert (inspection.version, inspection.busy) == ("", None)


ANY_SITE = {"*": True, "https://site.invalid": True, "": False, "http://localhost": False}


@pytest.mark.parametrize("kind", [ServerKind.LLAMA_CPP, ServerKind.VLLM])
@pytest.mark.parametrize("allowed", ANY_SITE)
async def test_a_server_that_any_web_page_may_use_is_named(kind: ServerKind, allowed: str) -> None:
    models = recorded("vllm/models")
    open_to = Reply(models.status, models.content_type, models.body, headers={"Access-Control-Allow-Origin": allowed})
    replies = {**LLAMA, **VLLM, "/v1/models": open_to, "/metrics": metrics("True")}
    inspection = await inspect(kind, replies)
    assert any("every web page" in remark.text for remark in inspection.remarks) is ANY_SITE[allowed]
