"""What every backend promises, shown on the simulator and on a real llama.cpp server with a small model.

Protocol and behaviour only: nothing here depends on how good a model's answers are.
"""

import asyncio
import json
import re
import urllib.request
from collections.abc import AsyncIterator, Iterator
from contextlib import aclosing
from dataclasses import replace
from itertools import pairwise

import pytest

from qcn_lsp.backends.registry import create
from qcn_lsp.config.settings import BackendSettings, Mode, ServerKind
from qcn_lsp.core.generation import (
    AnswerFormat,
    Backend,
    Completed,
    GenerationEvent,
    GenerationRequest,
    Message,
    PromptProgress,
    Sampling,
    TextDelta,
    Usage,
)
from qcn_lsp.errors import BackendUnavailable, ContextOverflow
from servers.fixtures import simulator_command
from servers.processes import ServerProcess, running

CODE = 'Review this.\n<code>\n1|def find(db, name):\n2|    return db.execute(f"select {name}")\n</code>'
ENDLESS = "ENDLESS"
SCRIPT = f"""
[[answer]]
match = "{ENDLESS}"
raw = '''{"ab " * 4000}'''

[[answer]]
match = "def find("
findings = [{{ cwe = 89, severity = "high", anchor = "execute(", reason = "name reaches the SQL text" }}]
"""
# Both servers can obey it: the simulator since it is the product's format, a real one since it must.
ROWS = AnswerFormat(
    "rows",
    json_schema="{}",
    grammar="""
root ::= "[" row ("," row){0,3} "]"
row ::= "[" number "," number "," severity "," string "," string "]"
number ::= [1-9] [0-9]{0,2}
severity ::= "\\"low\\"" | "\\"high\\""
string ::= "\\"" [a-zA-Z_( ]{1,30} "\\""
""",
)
ROW = r'\[[1-9]\d{0,2},[1-9]\d{0,2},"(?:low|high)","[a-zA-Z_( ]{1,30}","[a-zA-Z_( ]{1,30}"\]'
NEVER_ENDS = AnswerFormat("endless", json_schema="{}", grammar='root ::= ("ab ")+')
# A generation of this length takes both servers longer than anybody here waits.
LONG = 2500
PATIENCE_SECONDS = 20.0


@pytest.fixture(scope="module")
def slow_simulator(tmp_path_factory: pytest.TempPathFactory) -> Iterator[ServerProcess]:
    script = tmp_path_factory.mktemp("script") / "script.toml"
    script.write_text(SCRIPT)
    with running(simulator_command("--speed", "8", "--ctx", "4096", "--script", str(script))) as server:
        yield server


@pytest.fixture(params=["simulator", "llama.cpp"])
def server(request: pytest.FixtureRequest) -> ServerProcess:
    name = "slow_simulator" if request.param == "simulator" else "real_llama"
    found: ServerProcess = request.getfixturevalue(name)
    return found


@pytest.fixture
async def backend(server: ServerProcess) -> AsyncIterator[Backend]:
    created = create(settings(server))
    yield created
    await created.close()
    # The next test starts with a free slot even if this one has failed.
    await slot_is_free(server)


def settings(server: ServerProcess, ctx: int | None = None, slots: int | None = None) -> BackendSettings:
    return BackendSettings("tested", Mode.PRECISE, ServerKind.LLAMA_CPP, server.base_url, ctx=ctx, slots=slots)


def ask(question: str, max_tokens: int, answer_format: AnswerFormat | None = None) -> GenerationRequest:
    messages = (Message("system", "You review code for security flaws."), Message("user", question))
    return GenerationRequest(messages, max_tokens, Sampling(seed=1), answer_format)


def endless() -> GenerationRequest:
    return ask(ENDLESS, LONG, NEVER_ENDS)


async def whole(backend: Backend, request: GenerationRequest) -> tuple[list[GenerationEvent], str, Completed]:
    events = [event async for event in backend.generate(request)]
    last = events[-1]
    assert isinstance(last, Completed)
    assert sum(isinstance(event, Completed) for event in events) == 1
    return events, "".join(event.text for event in events if isinstance(event, TextDelta)), last


async def read_until(events: AsyncIterator[GenerationEvent], kind: type[GenerationEvent]) -> None:
    async for event in events:
        if isinstance(event, kind):
            return
    pytest.fail(f"no {kind.__name__} came")


def is_processing(server: ServerProcess) -> bool:
    with urllib.request.urlopen(f"{server.root}/slots") as answer:
        return any(slot["is_processing"] for slot in json.load(answer))


async def slot_is_free(server: ServerProcess) -> bool:
    """Whether the slot gets free well before an endless answer could have ended by itself."""
    try:
        async with asyncio.timeout(PATIENCE_SECONDS):
            while await asyncio.to_thread(is_processing, server):  # noqa: ASYNC110 - it is another process that changes
                await asyncio.sleep(0.02)
    except TimeoutError:
        return False
    return True


async def test_probe_tells_context_slots_and_model(backend: Backend) -> None:
    info = await backend.probe()
    assert (info.ctx, info.slots) == (4096, 1)
    assert info.model in {"simulated-qwen3-coder-next", "SmolLM2-135M-Instruct"}


async def test_smaller_figures_in_the_settings_win(server: ServerProcess) -> None:
    smaller, larger = create(settings(server, ctx=1024)), create(settings(server, ctx=1 << 20, slots=7))
    try:
        assert (await smaller.probe()).ctx == 1024
        assert (await larger.probe()).ctx == 4096
        assert (await larger.probe()).slots == 1
    finally:
        await asyncio.gather(smaller.close(), larger.close())


async def test_tokens_are_counted(backend: Backend) -> None:
    code = "def find(db, name):\n    return db.execute(name)\n"
    once, again, twice = [await backend.count_tokens(text) for text in (code, code, code * 2)]
    assert once == again
    assert 8 < once < twice <= 2 * once + 1
    assert await backend.count_tokens("") == 0


async def test_a_control_token_counts_as_one(backend: Backend) -> None:
    assert await backend.count_tokens("<|im_end|>") == 1


async def test_the_answer_obeys_the_grammar(backend: Backend) -> None:
    _, text, completed = await whole(backend, ask(CODE, 400, ROWS))
    assert completed.finish_reason == "stop"
    assert re.fullmatch(rf"\[{ROW}(?:,{ROW}){{0,3}}\]", text)


async def test_the_answer_comes_in_pieces(backend: Backend) -> None:
    events, _, _ = await whole(backend, ask(CODE, 400, ROWS))
    assert sum(isinstance(event, TextDelta) for event in events) > 3


async def test_reading_the_prompt_is_reported(backend: Backend) -> None:
    events, _, completed = await whole(backend, ask(f"{CODE}\n{'x = y + 1 ' * 40}", 4))
    progress = [event for event in events if isinstance(event, PromptProgress)]
    assert len(progress) > 1
    assert events[: len(progress)] == progress
    assert all(before.processed <= after.processed for before, after in pairwise(progress))
    assert progress[-1].processed == progress[-1].total == completed.usage.prompt_tokens
    assert {event.cached for event in progress} == {completed.usage.cached_tokens}


async def test_the_figures_add_up(backend: Backend) -> None:
    _, _, completed = await whole(backend, ask(CODE, 400, ROWS))
    usage = completed.usage
    assert 0 <= usage.cached_tokens < usage.prompt_tokens
    assert 5 < usage.completion_tokens <= 400
    assert usage.prompt_seconds > 0
    assert usage.completion_seconds > 0


async def test_a_shared_prefix_is_read_once(backend: Backend) -> None:
    system = Message("system", "You review code for security flaws. " + "Quote the line. " * 20)

    async def usage(question: str) -> Usage:
        request = GenerationRequest((system, Message("user", question)), 1)
        return (await whole(backend, request))[2].usage

    await usage("x = 1")
    second = await usage("name = input()")
    assert second.cached_tokens > 40
    assert second.cached_tokens < second.prompt_tokens


async def test_max_tokens_cuts_the_answer(backend: Backend) -> None:
    _, text, completed = await whole(backend, replace(endless(), max_tokens=6))
    assert completed.finish_reason == "length"
    assert completed.usage.completion_tokens == 6
    assert text


async def test_a_prompt_that_does_not_fit_is_refused_with_counts(backend: Backend) -> None:
    with pytest.raises(ContextOverflow) as refused:
        await whole(backend, ask("x = 1\n" * 3000, 4))
    assert refused.value.ctx == 4096
    assert refused.value.prompt_tokens is not None
    assert refused.value.prompt_tokens > 4096


async def test_closing_in_the_middle_of_the_answer_frees_the_slot(server: ServerProcess, backend: Backend) -> None:
    async with aclosing(backend.generate(endless())) as events:
        await read_until(events, TextDelta)
        assert await asyncio.to_thread(is_processing, server)
    assert await slot_is_free(server)


async def test_closing_while_the_prompt_is_read_frees_the_slot(server: ServerProcess, backend: Backend) -> None:
    request = ask(f"{ENDLESS} {'value = other + 1 ' * 500}", LONG, NEVER_ENDS)
    async with aclosing(backend.generate(request)) as events:
        await read_until(events, PromptProgress)
    assert await slot_is_free(server)


async def test_cancelling_the_reader_frees_the_slot(server: ServerProcess, backend: Backend) -> None:
    begun = asyncio.Event()

    async def read() -> None:
        async for event in backend.generate(endless()):
            if isinstance(event, TextDelta):
                begun.set()

    reader = asyncio.create_task(read())
    await begun.wait()
    reader.cancel()
    with pytest.raises(asyncio.CancelledError):
        await reader
    assert await slot_is_free(server)


async def test_cancelling_a_queued_request_leaves_the_running_one_alone(
    server: ServerProcess, backend: Backend
) -> None:
    async with aclosing(backend.generate(endless())) as running_one:
        await read_until(running_one, TextDelta)
        queued = asyncio.create_task(whole(backend, ask(CODE, 4)))
        # Long enough to arrive at the server, and much shorter than the answer it waits for.
        done, _ = await asyncio.wait({queued}, timeout=0.5)
        assert not done
        queued.cancel()
        with pytest.raises(asyncio.CancelledError):
            await queued
        await read_until(running_one, TextDelta)
        await read_until(running_one, TextDelta)
    assert await slot_is_free(server)
    await whole(backend, ask(CODE, 2))


async def test_a_closed_backend_says_so(server: ServerProcess) -> None:
    backend = create(settings(server))
    await backend.probe()
    await backend.close()
    with pytest.raises(BackendUnavailable, match="closed"):
        await backend.probe()
    with pytest.raises(BackendUnavailable, match="closed"):
        await whole(backend, ask(CODE, 2))


async def test_closing_the_backend_ends_its_generations(server: ServerProcess) -> None:
    backend = create(settings(server))
    events = backend.generate(endless())
    await read_until(events, TextDelta)
    await backend.close()
    with pytest.raises(BackendUnavailable, match="closed"):
        await read_until(events, Completed)
    assert await slot_is_free(server)
