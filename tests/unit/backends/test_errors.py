"""Every way a server can fail becomes one of the project's errors, in one sentence without the server's own words."""

import asyncio
import socket
from collections.abc import Mapping
from dataclasses import replace

import pytest

from qcn_lsp.backends.registry import create
from qcn_lsp.config.settings import BackendSettings, Mode, ServerKind
from qcn_lsp.core.generation import GenerationRequest, Message, TextDelta
from qcn_lsp.errors import (
    BackendError,
    BackendTimeout,
    BackendUnavailable,
    BadAnswer,
    ContextOverflow,
    Unauthorized,
)
from qcn_lsp.simulator.options import Fault
from servers.replay import Reply, recorded, replaying
from servers.simulated import FAST, simulating

CHAT = "/v1/chat/completions"
SECRET_CODE = "launch_code = 'swordfish'"
REQUEST = GenerationRequest((Message("user", f"<code>\n1|{SECRET_CODE}\n</code>"),), 50)
STREAM = "text/event-stream"
DELTA = 'data: {"choices":[{"index":0,"delta":{"content":"[["},"finish_reason":null}]}\n\n'
FINISH = 'data: {"choices":[{"index":0,"delta":{},"finish_reason":"stop"}]}\n\n'
MIDSTREAM = 'data: {"error":{"code":500,"message":"swordfish","type":"server_error"}}\n\n'
OVERFLOW = 'data: {"error":{"type":"exceed_context_size_error","code":400,"n_prompt_tokens":9,"n_ctx":8}}\n\n'
HTML = "<html><body>swordfish</body></html>"


def settings(base_url: str, *, api_key_env: str = "") -> BackendSettings:
    return BackendSettings("tested", Mode.PRECISE, ServerKind.LLAMA_CPP, base_url, api_key_env=api_key_env)


async def failure(base_url: str, *, silence_limit_seconds: float = 30.0) -> tuple[BackendError, str]:
    """The error of one generation, and the text that came before it."""
    backend = create(settings(base_url), silence_limit_seconds=silence_limit_seconds)
    text = ""
    try:
        async for event in backend.generate(REQUEST):
            text += event.text if isinstance(event, TextDelta) else ""
    except BackendError as error:
        return error, text
    finally:
        await backend.close()
    return pytest.fail("no error was raised")


async def probe_failure(replies: Mapping[str, Reply]) -> BackendError:
    async with replaying(replies) as server:
        backend = create(settings(server.base_url))
        with pytest.raises(BackendError) as raised:
            await backend.probe()
        await backend.close()
    return raised.value


@pytest.mark.parametrize(
    ("reply", "kind", "says"),
    [
        (recorded("ctx_overflow_chat_stream"), ContextOverflow, "25309 tokens, 4096 fit"),
        (recorded("loading_chat"), BackendUnavailable, "still loading"),
        (recorded("chat_badkey"), Unauthorized, "refused the key"),
        (recorded("bad_json"), BadAnswer, "status 400, invalid_request_error"),
        (recorded("no_messages"), BadAnswer, "refused the request"),
        (recorded("notfound"), BackendUnavailable, "does not offer"),
        (recorded("slots_no_flag"), BackendUnavailable, "does not offer"),
        (Reply(500, "text/html", HTML), BadAnswer, "failed inside"),
        (Reply(403, "text/html", HTML), Unauthorized, "refused the key"),
        (Reply(502, "text/html", HTML), BackendUnavailable, "try again"),
        (Reply(429, body='{"error":"swordfish"}'), BackendUnavailable, "try again"),
        (Reply(418, body='[["swordfish"]]'), BadAnswer, "refused the request"),
        (Reply(500, body='{"error":{"code":"swordfish","type":"<swordfish>"}}'), BadAnswer, r"status 500\)"),
        (Reply(200, "text/html", HTML), BadAnswer, "answers with text/html"),
        (Reply(200, "application/json", '{"choices":[]}'), BadAnswer, "answers with application/json"),
        (Reply(200, "swordfish", ""), BadAnswer, "something else"),
        (Reply(200, STREAM, ""), BadAnswer, "no answer at all"),
        (Reply(200, STREAM, "data: [DONE]\n\n"), BadAnswer, "no answer at all"),
        (Reply(200, STREAM, DELTA), BadAnswer, "broke off"),
        (Reply(200, STREAM, DELTA, cut=True), BadAnswer, "broke off"),
        (Reply(200, STREAM, DELTA + "data: [DONE]\n\n"), BadAnswer, "broke off"),
        (Reply(200, STREAM, DELTA + MIDSTREAM), BadAnswer, "failed inside"),
        (Reply(200, STREAM, OVERFLOW), ContextOverflow, "9 tokens, 8 fit"),
        (Reply(200, STREAM, 'data: {"error":"swordfish"}\n\n'), BadAnswer, "failed inside"),
        (Reply(200, STREAM, "data: {swordfish\n\n"), BadAnswer, "does not know"),
        (Reply(200, STREAM, "data: 7\n\n"), BadAnswer, "does not know"),
        (Reply(200, STREAM, "data: [7]\n\n"), BadAnswer, "does not know"),
        (Reply(200, STREAM, 'data: {"choices":"swordfish"}\n\n'), BadAnswer, "does not know"),
        (Reply(200, STREAM, 'data: {"choices":[{"delta":{"content":7}}]}\n\n'), BadAnswer, "does not know"),
        (Reply(200, STREAM, FINISH[:-3] + ',"usage":{"prompt_tokens":-1}}\n\n'), BadAnswer, "does not know"),
        (Reply(raw=b"\xff\xfe\n\n"), BadAnswer, "does not speak HTTP"),
        (Reply(raw=b""), BackendUnavailable, "closed the connection"),
    ],
)
async def test_answers_are_mapped(reply: Reply, kind: type[BackendError], says: str) -> None:
    async with replaying({CHAT: reply}) as server:
        error, _ = await failure(server.base_url)
        assert type(error) is kind
        assert error.backend == "tested"
        with pytest.raises(kind, match=says):
            raise error
        assert "swordfish" not in str(error)
        assert kind is ContextOverflow or server.root in str(error)
        assert "\n" not in str(error)
        assert len(server.got) == 1


async def test_what_came_before_a_cut_is_delivered() -> None:
    async with replaying({CHAT: Reply(200, STREAM, DELTA, cut=True)}) as server:
        assert (await failure(server.base_url))[1] == "[["


async def test_overflow_carries_the_counts() -> None:
    async with replaying({CHAT: recorded("ctx_overflow_chat_stream")}) as server:
        error, _ = await failure(server.base_url)
    assert isinstance(error, ContextOverflow)
    assert (error.prompt_tokens, error.ctx) == (25309, 4096)


async def test_nobody_listens() -> None:
    with socket.create_server(("127.0.0.1", 0)) as listening:
        port = listening.getsockname()[1]
    error, _ = await failure(f"http://127.0.0.1:{port}/v1")
    assert isinstance(error, BackendUnavailable)
    assert "start the server" in str(error)


@pytest.mark.parametrize(
    ("fault", "kind", "says"),
    [
        (Fault.GARBAGE, BadAnswer, "does not know"),
        (Fault.CUT, BadAnswer, "broke off"),
        (Fault.MIDSTREAM, BadAnswer, "failed inside"),
        (Fault.SERVER_ERROR, BadAnswer, "status 500, server_error"),
        (Fault.OVERFLOW, ContextOverflow, "16385 tokens, 16384 fit"),
    ],
)
async def test_simulated_faults_are_mapped(fault: Fault, kind: type[BackendError], says: str) -> None:
    async with simulating(replace(FAST, fault=fault)) as root:
        error, _ = await failure(f"{root}/v1")
    assert type(error) is kind
    assert says in str(error)


async def test_a_server_that_goes_silent_is_given_up() -> None:
    async with simulating(replace(FAST, fault=Fault.HANG)) as root:
        error, _ = await failure(f"{root}/v1", silence_limit_seconds=0.2)
    assert isinstance(error, BackendTimeout)
    assert "nothing for 0.2 s" in str(error)


async def test_a_queued_request_is_given_up_and_leaves_the_queue() -> None:
    async with simulating(replace(FAST, fault=Fault.HANG)) as root:
        outcomes = await asyncio.gather(*(failure(f"{root}/v1", silence_limit_seconds=0.2) for _ in range(3)))
    assert {type(error) for error, _ in outcomes} == {BackendTimeout}


async def test_loading_is_told_by_probe() -> None:
    error = await probe_failure({"/health": recorded("health_503")})
    assert isinstance(error, BackendUnavailable)
    assert "still loading" in str(error)


@pytest.mark.parametrize(
    ("replies", "kind"),
    [
        ({"/health": recorded("chat_badkey")}, Unauthorized),
        ({"/health": Reply(200, "text/html", HTML)}, BadAnswer),
        ({"/health": Reply(200, body="{swordfish")}, BadAnswer),
        ({"/health": Reply(200, body="{}"), "/props": Reply(200, body='["swordfish"]')}, BadAnswer),
        ({"/health": Reply(200, body="{}"), "/props": Reply(500, body=HTML)}, BadAnswer),
        ({}, BackendUnavailable),
    ],
)
async def test_probe_fails_clearly(replies: dict[str, Reply], kind: type[BackendError]) -> None:
    error = await probe_failure(replies)
    assert type(error) is kind
    assert "swordfish" not in str(error)


async def test_counting_needs_the_endpoint() -> None:
    async with replaying({}) as server:
        backend = create(settings(server.base_url))
        with pytest.raises(BackendUnavailable, match="does not offer"):
            await backend.count_tokens("x")
        await backend.close()


async def test_the_original_error_is_not_chained() -> None:
    async with replaying({CHAT: recorded("bad_json")}) as server:
        error, _ = await failure(server.base_url)
    assert error.__suppress_context__
    assert error.__cause__ is None
