"""A hostile or broken server costs neither endless time nor endless memory, and ends in one sentence."""

import asyncio
import gzip
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import replace

import pytest

from qcn_lsp.backends import endpoints
from qcn_lsp.backends.registry import create, identify
from qcn_lsp.config.settings import BackendSettings, Mode, ServerKind
from qcn_lsp.core.generation import Backend, GenerationRequest, Message
from qcn_lsp.errors import BackendError, BackendTimeout, BackendUnavailable, BadAnswer
from servers.replay import Reply, replaying

CHAT = "/v1/chat/completions"
STREAM = "text/event-stream"
REQUEST = GenerationRequest((Message("user", "swordfish"),), 5)
EMPTY = b'data: {"choices":[{"index":0,"delta":{"content":""},"finish_reason":null}]}\n\n'
WORD = b'data: {"choices":[{"index":0,"delta":{"content":"swordfish "},"finish_reason":null}]}\n\n'
DEEP = "[" * 100_000
# Well above what the test needs, far below what a server without an end sends meanwhile.
PATIENCE_SECONDS = 60.0


def settings(base_url: str, kind: ServerKind = ServerKind.LLAMA_CPP) -> BackendSettings:
    return BackendSettings("tested", Mode.PRECISE, kind, base_url, model="coder")


@asynccontextmanager
async def flooding(status: int, kind: str, piece: bytes, pause: float | None = None) -> AsyncIterator[str]:
    """Sends the same piece again and again, with pauses if told to, until the client is gone."""

    async def talk(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            await reader.readuntil(b"\r\n\r\n")
            writer.write(f"HTTP/1.1 {status} x\r\nContent-Type: {kind}\r\nConnection: close\r\n\r\n".encode())
            while not writer.is_closing():
                writer.write(piece)
                await writer.drain()
                await asyncio.sleep(pause or 0)
        except (OSError, asyncio.IncompleteReadError):
            pass
        finally:
            writer.close()

    listening = await asyncio.start_server(talk, "127.0.0.1", 0)
    async with listening:
        yield f"http://127.0.0.1:{listening.sockets[0].getsockname()[1]}/v1"


async def probed(base_url: str, kind: ServerKind = ServerKind.LLAMA_CPP) -> BackendError:
    backend = create(settings(base_url, kind))
    with pytest.raises(BackendError) as raised:
        await asyncio.wait_for(backend.probe(), PATIENCE_SECONDS)
    await backend.close()
    return raised.value


async def read(backend: Backend) -> None:
    async for _ in backend.generate(REQUEST):
        pass


async def generated(base_url: str, seconds: float = 30.0) -> BackendError:
    backend = create(settings(base_url), silence_limit_seconds=seconds)
    with pytest.raises(BackendError) as raised:
        await asyncio.wait_for(read(backend), PATIENCE_SECONDS)
    await backend.close()
    return raised.value


@pytest.mark.parametrize("kind", list(ServerKind))
@pytest.mark.parametrize("status", [200, 500])
async def test_an_answer_without_end_is_given_up(kind: ServerKind, status: int) -> None:
    async with flooding(status, "application/json", b" " * 65536) as base_url:
        error = await probed(base_url, kind)
    assert isinstance(error, BadAnswer)
    assert "sends without end" in str(error)


@pytest.mark.parametrize("piece", [b"a" * 65536, b": ping\n\n" * 5000, EMPTY * 1000])
async def test_a_stream_without_end_is_given_up(piece: bytes, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("qcn_lsp.backends.client.MOST_BYTES", 1 << 20)
    async with flooding(200, STREAM, piece) as base_url:
        error = await generated(base_url)
    assert isinstance(error, BadAnswer)
    assert "sends without end" in str(error)


async def test_an_error_without_end_is_given_up() -> None:
    async with flooding(500, "application/json", b" " * 65536) as base_url:
        assert "sends without end" in str(await generated(base_url))


async def test_a_server_that_writes_more_than_it_was_asked_for_is_stopped() -> None:
    async with flooding(200, STREAM, WORD) as base_url:
        error = await generated(base_url)
    assert isinstance(error, BadAnswer)
    assert "writes more than" in str(error)
    assert "swordfish" not in str(error)


async def test_an_answer_that_comes_byte_by_byte_is_given_up(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(endpoints, "WHOLE_SECONDS", 0.3)
    async with flooding(200, "application/json", b" ", pause=0.02) as base_url:
        error = await probed(base_url)
    assert isinstance(error, BackendTimeout)
    assert "no whole answer within 0.3 s" in str(error)


@pytest.mark.parametrize("piece", [b" ", b": ping\n\n"])
async def test_a_stream_of_bytes_that_are_no_events_is_given_up(piece: bytes) -> None:
    async with flooding(200, STREAM, piece, pause=0.02) as base_url:
        error = await generated(base_url, seconds=0.3)
    assert isinstance(error, BackendTimeout)
    assert "within 0.6 s" in str(error)


async def test_what_is_compressed_all_the_same_is_not_unpacked() -> None:
    # Unpacked it would be an answer.
    packed = gzip.compress(b'{"status":"ok"}')
    head = f"HTTP/1.1 200 x\r\nContent-Type: application/json\r\nContent-Length: {len(packed)}\r\n"
    reply = Reply(raw=head.encode() + b"Content-Encoding: gzip\r\nConnection: close\r\n\r\n" + packed)
    async with replaying({"/health": reply}) as server:
        error = await probed(server.base_url)
        assert "does not know" in str(error)
        assert {sent.headers["accept-encoding"] for sent in server.got} == {"identity"}


async def test_nesting_without_end_is_no_defect_of_ours() -> None:
    async with replaying({"/health": Reply(500, body=DEEP), CHAT: Reply(200, STREAM, f"data: {DEEP}\n\n")}) as server:
        errors = [await probed(server.base_url), await generated(server.base_url)]
    assert all("please report" not in str(error) for error in errors)


async def test_a_server_that_dies_after_its_headers_is_not_taken_for_another_protocol() -> None:
    async with replaying({"/health": Reply(cut=True), CHAT: Reply(200, STREAM, cut=True)}) as server:
        errors = [await probed(server.base_url), await generated(server.base_url)]
    for error in errors:
        assert isinstance(error, BackendUnavailable)
        assert "see whether it has stopped" in str(error)


@pytest.mark.parametrize("kind", [ServerKind.LLAMA_CPP, ServerKind.IK_LLAMA_CPP])
async def test_a_server_without_the_endpoints_of_its_kind_is_not_one(kind: ServerKind) -> None:
    async with replaying({}) as server:
        backend = create(BackendSettings("tested", Mode.PRECISE, kind, server.base_url, model="coder", ctx=4096))
        with pytest.raises(BackendUnavailable, match="does not offer"):
            await backend.probe()
        await backend.close()


@pytest.mark.parametrize(
    "card", ['{"id":"coder","max_model_len":1%s}' % ("0" * 400), '{"id":"coder","max_model_len":NaN}']
)
async def test_figures_beyond_reason_are_refused(card: str) -> None:
    async with replaying({"/v1/models": Reply(body=f'{{"data":[{card}]}}')}) as server:
        for kind in (ServerKind.VLLM, ServerKind.OPENAI):
            assert "does not know" in str(await probed(server.base_url, kind))


@pytest.mark.parametrize("figure", ["1.2.3", "e", "1e999", "++"])
async def test_metrics_that_are_no_numbers_are_not_read(figure: str) -> None:
    replies = {
        "/v1/models": Reply(body='{"data":[{"id":"coder","max_model_len":4096}]}'),
        "/tokenize": Reply(body='{"count":1}'),
        "/metrics": Reply(200, "text/plain", f"vllm:num_requests_running {figure}\n"),
    }
    async with replaying(replies) as server:
        backend = create(settings(server.base_url, ServerKind.VLLM))
        inspection = await backend.inspect()
        await backend.close()
    assert inspection.busy is None


async def test_a_key_that_cannot_be_sent_tells_nothing_of_the_kind(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("QCN_KEY", "sk-sw\u00f6rdfish")
    assert await identify(replace(settings("http://127.0.0.1:9/v1"), api_key_env="QCN_KEY")) is None
