"""Every way a server can fail becomes one of the project's errors, in one sentence without the server's own words."""

import asyncio
import socket
import ssl
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
from qcn_lsp.simulator.options import Fault, Options
from servers.replay import RECORDINGS, Reply, recorded, replaying
from servers.simulated import FAST, FAST_HYBRID, FAST_NVFP4, simulating

CHAT = "/v1/chat/completions"
SECRET_CODE = "launch_code = 'swordfish'"
REQUEST = GenerationRequest((Message("user", f"<code>\n1|{SECRET_CODE}\n</code>"),), 50)
STREAM = "text/event-stream"
DELTA = 'data: {"choices":[{"index":0,"delta":{"content":"[["},"finish_reason":null}]}\n\n'
FINISH = 'data: {"choices":[{"index":0,"delta":{},"finish_reason":"stop"}]}\n\n'
MIDSTREAM = 'data: {"error":{"code":500,"message":"swordfish","type":"server_error"}}\n\n'
OVERFLOW = 'data: {"error":{"type":"exceed_context_size_error","code":400,"n_prompt_tokens":9,"n_ctx":8}}\n\n'
HTML = "<html><body>swordfish</body></html>"


def settings(base_url: str, kind: ServerKind = ServerKind.LLAMA_CPP) -> BackendSettings:
    return BackendSettings("tested", Mode.PRECISE, kind, base_url)


async def failure(
    base_url: str, *, silence_limit_seconds: float = 30.0, kind: ServerKind = ServerKind.LLAMA_CPP
) -> tuple[BackendError, str]:
    """The error of one generation, and the text that came before it."""
    backend = create(settings(base_url, kind), silence_limit_seconds=silence_limit_seconds)
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
        (
            recorded("ctx_overflow_chat_stream"),
            ContextOverflow,
            r"context of 4096 tokens \(the prompt alone has 25309\)",
        ),
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
        (Reply(200, STREAM, OVERFLOW), ContextOverflow, r"context of 8 tokens \(the prompt alone has 9\)"),
        (Reply(200, STREAM, 'data: {"error":"swordfish"}\n\n'), BadAnswer, "failed inside"),
        (Reply(200, STREAM, "data: {swordfish\n\n"), BadAnswer, "does not know"),
        (Reply(200, STREAM, "data: 7\n\n"), BadAnswer, "does not know"),
        (Reply(200, STREAM, "data: [7]\n\n"), BadAnswer, "does not know"),
        (Reply(200, STREAM, 'data: {"choices":"swordfish"}\n\n'), BadAnswer, "does not know"),
        (Reply(200, STREAM, 'data: {"choices":[{"delta":{"content":7}}]}\n\n'), BadAnswer, "does not know"),
        (Reply(200, STREAM, FINISH[:-3] + ',"usage":{"prompt_tokens":-1}}\n\n'), BadAnswer, "does not know"),
        (Reply(raw=b"\xff\xfe\n\n"), BadAnswer, "does not speak plain HTTP"),
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


@pytest.mark.parametrize("simulated", [FAST, FAST_HYBRID, FAST_NVFP4], ids=lambda options: options.published.mode)
@pytest.mark.parametrize(
    ("fault", "kind", "says"),
    [
        (Fault.GARBAGE, BadAnswer, "does not know"),
        (Fault.CUT, BadAnswer, "broke off"),
        (Fault.MIDSTREAM, BadAnswer, "failed inside"),
        (Fault.SERVER_ERROR, BadAnswer, "status 500"),
        (Fault.OVERFLOW, ContextOverflow, "do not fit"),
    ],
)
async def test_simulated_faults_are_mapped(
    fault: Fault, kind: type[BackendError], says: str, simulated: Options
) -> None:
    async with simulating(replace(simulated, faults=(fault,))) as root:
        error, _ = await failure(f"{root}/v1", kind=simulated.published.server)
    assert type(error) is kind
    assert says in str(error)


@pytest.mark.parametrize("kind", list(ServerKind))
async def test_a_server_that_goes_silent_is_given_up(kind: ServerKind) -> None:
    simulated = FAST_NVFP4 if kind in {ServerKind.VLLM, ServerKind.OPENAI} else FAST
    async with simulating(replace(simulated, faults=(Fault.HANG,))) as root:
        error, _ = await failure(f"{root}/v1", silence_limit_seconds=0.2, kind=kind)
    assert isinstance(error, BackendTimeout)
    assert "nothing for 0.2 s" in str(error)


async def test_a_queued_request_is_given_up_and_leaves_the_queue() -> None:
    async with simulating(replace(FAST, faults=(Fault.HANG,))) as root:
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


async def test_without_a_tokenizer_to_ask_a_bound_is_told() -> None:
    async with replaying({}) as server:
        backend = create(settings(server.base_url))
        assert await backend.count_tokens("x = 'é'") == len("x = 'é'".encode())
        await backend.close()


async def test_the_original_error_is_not_chained() -> None:
    async with replaying({CHAT: recorded("bad_json")}) as server:
        error, _ = await failure(server.base_url)
    for raised in (error, await probe_failure({"/health": recorded("bad_json")})):
        assert raised.__suppress_context__
        assert raised.__cause__ is None


def self_signed() -> ssl.SSLContext:
    """Of a throwaway key that nobody trusts."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(RECORDINGS.parent / "tls" / "self_signed.pem")
    return context


@pytest.mark.parametrize("kind", list(ServerKind))
async def test_a_certificate_that_nobody_trusts(kind: ServerKind) -> None:
    async with replaying({}, tls=self_signed()) as server:
        error, _ = await failure(server.base_url.replace("http:", "https:"), kind=kind)
    assert isinstance(error, BackendUnavailable)
    assert "certificate that is not trusted" in str(error)


async def test_tls_spoken_to_a_port_without_it() -> None:
    async with replaying({}) as server:
        error, _ = await failure(server.base_url.replace("http:", "https:"))
    assert isinstance(error, BackendUnavailable)
    assert "write http:// in base_url" in str(error)


async def test_no_tls_spoken_to_a_port_with_it() -> None:
    async with replaying({}, tls=self_signed()) as server:
        error, _ = await failure(server.base_url)
    assert isinstance(error, BackendUnavailable)
    assert "expects https:// in base_url" in str(error)
