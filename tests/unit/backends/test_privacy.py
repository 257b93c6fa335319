"""Code and keys go to the configured address, and nowhere else; not into logs either."""

import logging
import traceback
from dataclasses import replace

import pytest

from qcn_lsp.backends.client import connect
from qcn_lsp.backends.registry import create
from qcn_lsp.config.settings import BackendSettings, Mode, ServerKind
from qcn_lsp.core.generation import Backend, Completed, GenerationRequest, Message
from qcn_lsp.errors import BackendError, BackendUnavailable, Unauthorized
from servers.replay import Reply, recorded, replaying

CHAT = "/v1/chat/completions"
KEY = "sk-swordfish"
CODE = "launch_code = 'sesame'"
REQUEST = GenerationRequest((Message("user", CODE),), 5)


def settings(base_url: str) -> BackendSettings:
    return BackendSettings("tested", Mode.PRECISE, ServerKind.LLAMA_CPP, base_url)


async def run(backend: Backend) -> Completed:
    events = [event async for event in backend.generate(REQUEST)]
    await backend.close()
    last = events[-1]
    assert isinstance(last, Completed)
    return last


@pytest.mark.parametrize("status", [301, 302, 303, 307, 308])
async def test_redirects_are_not_followed(status: int) -> None:
    async with replaying({CHAT: recorded("chat_stream")}) as elsewhere:
        to = {"Location": elsewhere.root + CHAT}
        async with replaying({CHAT: Reply(status, headers=to), "/health": Reply(status, headers=to)}) as server:
            backend = create(settings(server.base_url))
            with pytest.raises(BackendUnavailable, match="redirects elsewhere"):
                await backend.probe()
            with pytest.raises(BackendUnavailable, match="redirects elsewhere"):
                await run(backend)
            await backend.close()
        assert elsewhere.got == []


@pytest.mark.parametrize("variable", ["HTTP_PROXY", "http_proxy", "ALL_PROXY", "all_proxy"])
async def test_a_proxy_of_the_environment_is_not_used(variable: str, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("NO_PROXY", "no_proxy"):
        monkeypatch.delenv(name, raising=False)
    async with replaying({}) as proxy, replaying({CHAT: recorded("chat_stream")}) as server:
        monkeypatch.setenv(variable, proxy.root)
        await run(create(settings(server.base_url)))
        assert len(server.got) == 1
        assert proxy.got == []


async def test_a_remote_backend_may_use_the_proxy(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("NO_PROXY", "no_proxy"):
        monkeypatch.delenv(name, raising=False)
    remote = replace(settings("http://models.invalid/v1"), allow_remote=True)
    async with replaying({f"{remote.base_url}/chat/completions": recorded("chat_stream")}) as proxy:
        monkeypatch.setenv("HTTP_PROXY", proxy.root)
        await run(create(remote))
        assert len(proxy.got) == 1


async def test_only_the_headers_of_the_protocol_are_sent(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("OPENAI_API_KEY", KEY)
    monkeypatch.setenv("OPENAI_ADMIN_KEY", KEY)
    monkeypatch.setenv("OPENAI_ORG_ID", "org-swordfish")
    monkeypatch.setenv("OPENAI_PROJECT_ID", "proj-swordfish")
    monkeypatch.setenv("OPENAI_CUSTOM_HEADERS", "X-Corporate: swordfish\nAuthorization: Bearer swordfish")
    monkeypatch.setenv("OPENAI_BASE_URL", "http://127.0.0.1:9/swordfish")
    async with replaying({CHAT: recorded("chat_stream")}) as server:
        await run(create(settings(server.base_url)))
        headers = dict(server.got[0].headers)
    assert "swordfish" not in str(headers)
    assert headers.pop("authorization") == "Bearer no-key"
    assert set(headers) <= {
        "accept",
        "accept-encoding",
        "connection",
        "content-length",
        "content-type",
        "host",
        "user-agent",
    }


async def test_the_key_of_the_environment_is_sent(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("QCN_KEY", f"{KEY}\n")
    async with replaying({CHAT: recorded("chat_stream"), "/tokenize": recorded("tokenize")}) as server:
        backend = create(replace(settings(server.base_url), api_key_env="QCN_KEY"))
        await backend.count_tokens("x")
        await run(backend)
        assert [sent.headers["authorization"] for sent in server.got] == [f"Bearer {KEY}"] * 2


@pytest.mark.parametrize("reply", ["chat_badkey", "bad_json", "loading_chat"])
async def test_no_error_tells_the_key_or_the_code(reply: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("QCN_KEY", KEY)
    async with replaying({CHAT: recorded(reply)}) as server:
        backend = create(replace(settings(server.base_url), api_key_env="QCN_KEY"))
        with pytest.raises(BackendError) as raised:
            await run(backend)
        shown = "".join(traceback.format_exception(raised.value)) + repr(raised.value) + repr(vars(backend))
        await backend.close()
    assert KEY not in shown
    assert CODE not in shown


async def test_a_refused_key_is_named_by_its_variable(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("QCN_KEY", KEY)
    async with replaying({CHAT: recorded("chat_badkey")}) as server:
        with pytest.raises(Unauthorized, match="check the key in QCN_KEY"):
            await run(create(replace(settings(server.base_url), api_key_env="QCN_KEY")))
        with pytest.raises(Unauthorized, match="api_key_env"):
            await run(create(settings(server.base_url)))


@pytest.mark.parametrize("key", ["sw\u00f6rdfish", "sword\nfish", "sword\x00fish"])
async def test_a_key_that_no_header_can_carry_is_not_told(key: str, monkeypatch: pytest.MonkeyPatch) -> None:
    # The environment itself cannot hold a zero byte; a patched one can.
    monkeypatch.setattr("os.environ", {"QCN_KEY": key})
    with pytest.raises(Unauthorized, match="set it anew") as raised:
        connect(replace(settings("http://127.0.0.1:9/v1"), api_key_env="QCN_KEY"), 1.0)
    assert key not in str(raised.value)


async def test_nothing_of_a_request_is_logged(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setenv("QCN_KEY", KEY)
    caplog.set_level(logging.DEBUG)
    async with replaying({CHAT: recorded("chat_stream")}) as server:
        await run(create(replace(settings(server.base_url), api_key_env="QCN_KEY")))
    names = {record.name.partition(".")[0] for record in caplog.records}
    assert names <= {"asyncio"}
    assert "sesame" not in caplog.text
    assert KEY not in caplog.text
