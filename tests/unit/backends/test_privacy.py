"""Code and keys go to the configured address, and nowhere else; not into logs either."""

import logging
import traceback
from contextlib import suppress
from dataclasses import replace

import pytest

from qcn_lsp.backends.client import SITE, connect
from qcn_lsp.backends.registry import create
from qcn_lsp.config.settings import BackendSettings, Mode, ServerKind
from qcn_lsp.core.generation import Backend, Completed, GenerationRequest, InfillRequest, Message
from qcn_lsp.errors import BackendError, BackendUnavailable, FeatureMissing, Unauthorized
from servers.replay import Reply, recorded, replaying

CHAT, COMPLETIONS, INFILL = "/v1/chat/completions", "/v1/completions", "/infill"
KEY = "sk-swordfish"
CODE = "launch_code = 'sesame'"
REQUEST = GenerationRequest((Message("user", CODE),), 5)
HOLE = InfillRequest(CODE, CODE, 5)
# Enough for every kind of server to be asked everything.
ANSWERS = {
    "/health": Reply(200, body="{}"),
    "/props": recorded("props"),
    "/slots": recorded("slots"),
    "/v1/models": recorded("vllm/models"),
    "/version": recorded("vllm/version"),
    "/metrics": recorded("metrics"),
    "/tokenize": Reply(200, body='{"tokens":[1],"count":1}'),
    CHAT: recorded("chat_stream"),
    COMPLETIONS: recorded("vllm/chat_stream"),
    INFILL: recorded("infill_stream"),
}
GENERATES = {CHAT, COMPLETIONS, INFILL}


@pytest.fixture(params=list(ServerKind))
def kind(request: pytest.FixtureRequest) -> ServerKind:
    found: ServerKind = request.param
    return found


def settings(base_url: str, kind: ServerKind) -> BackendSettings:
    return BackendSettings("tested", Mode.PRECISE, kind, base_url, model="qwen-coder-0.5b")


async def run(backend: Backend) -> Completed:
    events = [event async for event in backend.generate(REQUEST)]
    await backend.close()
    last = events[-1]
    assert isinstance(last, Completed)
    return last


async def run_everything(backend: Backend) -> None:
    await backend.inspect()
    await backend.count_tokens(CODE)
    with suppress(FeatureMissing):
        assert [event async for event in backend.infill(HOLE)]
    await run(backend)


@pytest.mark.parametrize("status", [301, 302, 303, 307, 308])
async def test_redirects_are_not_followed(status: int, kind: ServerKind) -> None:
    async with replaying(ANSWERS) as elsewhere:
        replies = {path: Reply(status, headers={"Location": elsewhere.root + path}) for path in ANSWERS}
        async with replaying(replies) as server:
            backend = create(settings(server.base_url, kind))
            with pytest.raises(BackendUnavailable, match="redirects elsewhere"):
                await backend.probe()
            with pytest.raises(BackendUnavailable, match="redirects elsewhere"):
                await run(backend)
            await backend.close()
        assert elsewhere.got == []


@pytest.mark.parametrize("variable", ["HTTP_PROXY", "http_proxy", "ALL_PROXY", "all_proxy"])
async def test_a_proxy_of_the_environment_is_not_used(
    variable: str, kind: ServerKind, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("NO_PROXY", "no_proxy"):
        monkeypatch.delenv(name, raising=False)
    async with replaying(ANSWERS) as proxy, replaying(ANSWERS) as server:
        monkeypatch.setenv(variable, proxy.root)
        await run_everything(create(settings(server.base_url, kind)))
        assert len(server.got) > 1
        assert proxy.got == []


async def test_a_remote_backend_may_use_the_proxy(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("NO_PROXY", "no_proxy"):
        monkeypatch.delenv(name, raising=False)
    remote = replace(settings("http://models.invalid/v1", ServerKind.LLAMA_CPP), allow_remote=True)
    async with replaying({f"{remote.base_url}/chat/completions": recorded("chat_stream")}) as proxy:
        monkeypatch.setenv("HTTP_PROXY", proxy.root)
        await run(create(remote))
        assert len(proxy.got) == 1


async def test_only_the_headers_of_the_protocol_are_sent(kind: ServerKind, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("OPENAI_API_KEY", KEY)
    monkeypatch.setenv("OPENAI_ADMIN_KEY", KEY)
    monkeypatch.setenv("OPENAI_ORG_ID", "org-swordfish")
    monkeypatch.setenv("OPENAI_PROJECT_ID", "proj-swordfish")
    monkeypatch.setenv(
        "OPENAI_CUSTOM_HEADERS", "X-Corporate: swordfish\nOrigin: swordfish\nAuthorization: Bearer swordfish"
    )
    monkeypatch.setenv("OPENAI_BASE_URL", "http://127.0.0.1:9/swordfish")
    async with replaying(ANSWERS) as server:
        await run_everything(create(settings(server.base_url, kind)))
    assert len(GENERATES & {sent.path for sent in server.got}) == (1 if kind is ServerKind.OPENAI else 2)
    for sent in server.got:
        headers = dict(sent.headers)
        assert "swordfish" not in str(headers)
        assert headers.pop("authorization") == "Bearer no-key"
        assert headers.pop("origin", SITE) == SITE
        assert set(headers) <= {
            "accept",
            "accept-encoding",
            "connection",
            "content-length",
            "content-type",
            "host",
            "user-agent",
        }


async def test_the_key_of_the_environment_is_sent(kind: ServerKind, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("QCN_KEY", f"{KEY}\n")
    async with replaying(ANSWERS) as server:
        await run_everything(create(replace(settings(server.base_url, kind), api_key_env="QCN_KEY")))
        assert {sent.headers["authorization"] for sent in server.got} == {f"Bearer {KEY}"}


@pytest.mark.parametrize("reply", ["chat_badkey", "bad_json", "loading_chat", "vllm/bad_json", "vllm/bad_model"])
async def test_no_error_tells_the_key_or_the_code(
    reply: str, kind: ServerKind, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("QCN_KEY", KEY)
    # A server may quote what it was sent.
    quoting = recorded(reply)
    quoting = replace(quoting, body=quoting.body.replace('"message":"', f'"message":"{KEY} {CODE} '))
    assert KEY in quoting.body
    async with replaying({**ANSWERS, **dict.fromkeys(GENERATES, quoting)}) as server:
        backend = create(replace(settings(server.base_url, kind), api_key_env="QCN_KEY"))
        shown = repr(vars(backend))
        for events in (backend.generate(REQUEST), backend.infill(HOLE)):
            with pytest.raises(BackendError) as raised:
                assert [event async for event in events]
            shown += "".join(traceback.format_exception(raised.value)) + repr(raised.value)
        await backend.close()
    assert KEY not in shown
    assert CODE not in shown
    assert len(GENERATES & {sent.path for sent in server.got}) == (1 if kind is ServerKind.OPENAI else 2)


async def test_a_refused_key_is_named_by_its_variable(kind: ServerKind, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("QCN_KEY", KEY)
    async with replaying({CHAT: recorded("chat_badkey")}) as server:
        with pytest.raises(Unauthorized, match="check the key in QCN_KEY"):
            await run(create(replace(settings(server.base_url, kind), api_key_env="QCN_KEY")))
        with pytest.raises(Unauthorized, match="api_key_env"):
            await run(create(settings(server.base_url, kind)))


@pytest.mark.parametrize("key", ["sw\u00f6rdfish", "sword\nfish", "sword\x00fish"])
async def test_a_key_that_no_header_can_carry_is_not_told(key: str, monkeypatch: pytest.MonkeyPatch) -> None:
    # The environment itself cannot hold a zero byte; a patched one can.
    monkeypatch.setattr("os.environ", {"QCN_KEY": key})
    with pytest.raises(Unauthorized, match="set it anew") as raised:
        connect(replace(settings("http://127.0.0.1:9/v1", ServerKind.VLLM), api_key_env="QCN_KEY"), 1.0)
    assert key not in str(raised.value)


async def test_nothing_of_a_request_is_logged(
    kind: ServerKind, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setenv("QCN_KEY", KEY)
    caplog.set_level(logging.DEBUG)
    async with replaying(ANSWERS) as server:
        await run_everything(create(replace(settings(server.base_url, kind), api_key_env="QCN_KEY")))
    names = {record.name.partition(".")[0] for record in caplog.records}
    assert names <= {"asyncio"}
    assert "sesame" not in caplog.text
    assert KEY not in caplog.text
