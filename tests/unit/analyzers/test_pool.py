"""Ast-grep in processes of its own: whatever becomes of one, the server goes on and nothing is left behind."""

import asyncio
import gc
import os
import select
import signal
import subprocess
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import pytest

from qcn_lsp.analyzers import ast_grep, pool
from qcn_lsp.analyzers.grammars import GRAMMARS
from qcn_lsp.analyzers.pool import WorkerPool
from qcn_lsp.core.candidate import Candidate
from qcn_lsp.errors import AnalyzerError

CODE = "const h = md5(x);"
HIT = ast_grep.check("javascript", CODE)
SLOW = 'const q = "SELECT a FROM t WHERE b = " + b' + " + b" * 20_000 + ";"
PATIENCE = 60

posix = pytest.mark.skipif(os.name != "posix", reason="uses signals and named pipes")
linux = pytest.mark.skipif(not hasattr(os, "pidfd_open"), reason="waits for other processes' children")


@asynccontextmanager
async def workers(deadline_seconds: float = PATIENCE, at_most: int = 1) -> AsyncIterator[WorkerPool]:
    made = WorkerPool(deadline_seconds, at_most)
    try:
        yield made
    finally:
        await made.close()
        assert made.idle_processes == ()


async def ask(made: WorkerPool, text: str = CODE) -> tuple[Candidate, ...]:
    return await made.check("javascript", text)


async def warm(made: WorkerPool) -> int:
    """The process id of a worker that has answered once."""
    assert await ask(made) == HIT
    (process,) = made.idle_processes
    return process


def is_gone(process: int) -> bool:
    try:
        os.kill(process, 0)
    except ProcessLookupError:
        return True
    return False


class StandIn:
    """Programs that take the worker's place."""

    def __init__(self, folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        self._pipe = folder / "process"
        self._monkeypatch = monkeypatch

    def runs(self, script: str) -> None:
        lines = "import os, signal, sys, time\nsys.stdin.buffer.read(4)\n" + script
        self._monkeypatch.setattr(pool, "_command", lambda: (sys.executable, "-I", "-S", "-c", lines))

    def hangs(self) -> None:
        os.mkfifo(self._pipe)
        self.runs(f"with open({str(self._pipe)!r}, 'w') as pipe: pipe.write(str(os.getpid()))\nsignal.pause()")

    async def process(self) -> int:
        """The process id, once it has been asked: reading the pipe waits."""
        return int(await asyncio.to_thread(self._pipe.read_text))

    def leaves(self) -> None:
        self._monkeypatch.undo()


@pytest.fixture
def stand_in(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> StandIn:
    return StandIn(tmp_path, monkeypatch)


# What it answers ------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("language", GRAMMARS)
async def test_every_rule_finds_the_same_as_in_process(language: str) -> None:
    samples = [code for rule in ast_grep.rules_for(language) for code in rule.hits]
    async with workers() as made:
        for code in samples:
            found = await made.check(language, code)
            assert found
            assert found == ast_grep.check(language, code)


@pytest.mark.parametrize("before", ["\0", "\ud800", "😀é\u2028", "\ufeff", "\r", "'\udfff';\n" * 20_000])
async def test_any_text_arrives_as_it_is(before: str) -> None:
    text = f"s = '{before}';\n{CODE}"
    async with workers() as made:
        assert await ask(made, text) == ast_grep.check("javascript", text)


@pytest.mark.parametrize("text", [CODE + " " * ast_grep.MAX_CHARACTERS, CODE + "(" * 1000 + ")" * 1000])
async def test_a_refused_text_costs_no_worker(text: str) -> None:
    async with workers() as made:
        process = await warm(made)
        with pytest.raises(AnalyzerError, match="the text"):
            await ask(made, text)
        assert await warm(made) == process


# How many there are ---------------------------------------------------------------------------------------------------


async def test_nothing_is_started_before_the_first_question() -> None:
    async with workers() as made:
        assert made.idle_processes == ()


async def test_a_worker_is_kept() -> None:
    async with workers(at_most=2) as made:
        process = await warm(made)
        assert process != os.getpid()
        assert await warm(made) == process


@pytest.mark.parametrize("at_most", [1, 2])
async def test_there_are_no_more_than_allowed(at_most: int) -> None:
    async with workers(at_most=at_most) as made:
        assert await asyncio.gather(*(ask(made) for _ in range(8))) == [HIT] * 8
        assert len(made.idle_processes) == at_most


async def test_the_loop_goes_on_while_a_worker_searches(monkeypatch: pytest.MonkeyPatch) -> None:
    def here(_language: str, _text: str) -> tuple[Candidate, ...]:
        raise RuntimeError("searched in this process")

    monkeypatch.setattr(ast_grep, "check", here)
    async with workers() as made:
        search = asyncio.create_task(ask(made, SLOW))  # the first question, which also starts the process
        turns = 0
        while not search.done():
            turns += 1
            await asyncio.sleep(0)
        assert len(await search) == 1
        assert turns > 100


# Crashes, deadlines, cancelling ---------------------------------------------------------------------------------------


@posix
@pytest.mark.parametrize("script", ["os.kill(os.getpid(), signal.SIGSEGV)", "sys.exit(3)", "sys.stdout.close()"])
async def test_a_crash_is_an_error_and_the_next_question_is_answered(stand_in: StandIn, script: str) -> None:
    stand_in.runs(script)
    async with workers() as made:
        with pytest.raises(AnalyzerError, match=r"ast-grep ended with status (-11|3|0): this text could not"):
            await ask(made)
        stand_in.leaves()
        await warm(made)


@posix
async def test_killed_while_it_searches(stand_in: StandIn) -> None:
    stand_in.hangs()
    async with workers() as made:
        question = asyncio.create_task(ask(made))
        os.kill(await stand_in.process(), signal.SIGKILL)
        with pytest.raises(AnalyzerError, match="ended with status -9"):
            await question
        stand_in.leaves()
        await warm(made)


@posix
async def test_killed_while_it_has_nothing_to_do_is_no_error() -> None:
    async with workers() as made:
        process = await warm(made)
        os.kill(process, signal.SIGKILL)
        await asyncio.to_thread(os.waitid, os.P_PID, process, os.WEXITED | os.WNOWAIT)
        assert await warm(made) != process


@posix
async def test_after_a_deadline_the_worker_is_gone(stand_in: StandIn) -> None:
    stand_in.hangs()
    async with workers(deadline_seconds=1) as made:
        question = asyncio.create_task(ask(made))
        process = await stand_in.process()
        with pytest.raises(AnalyzerError, match=r"^ast-grep did not answer within 1 s and was stopped$"):
            await question
        assert is_gone(process)


async def test_a_search_that_takes_too_long_is_stopped() -> None:
    async with workers(deadline_seconds=0.001) as made:
        with pytest.raises(AnalyzerError, match=r"did not answer within 0.001 s"):
            await ask(made, SLOW)


@posix
async def test_cancelling_a_search_kills_its_worker(stand_in: StandIn) -> None:
    stand_in.hangs()
    async with workers() as made:
        question = asyncio.create_task(ask(made))
        process = await stand_in.process()
        question.cancel()
        with pytest.raises(asyncio.CancelledError):
            await question
        assert is_gone(process)
        stand_in.leaves()
        await warm(made)


async def test_cancelling_while_waiting_for_a_worker_kills_none() -> None:
    async with workers() as made:
        process = await warm(made)
        search = asyncio.create_task(ask(made, SLOW))
        waiting = asyncio.create_task(ask(made))
        await asyncio.sleep(0)
        assert made.idle_processes == ()
        waiting.cancel()
        with pytest.raises(asyncio.CancelledError):
            await waiting
        assert len(await search) == 1
        assert await warm(made) == process


@pytest.mark.parametrize("again", [False, True])
def test_cancelling_at_any_moment_leaves_nothing_behind(
    *, again: bool, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    """At every turn of the loop, once or twice: when the loop has ended, so have the processes, without a word."""
    started: list[subprocess.Popen[bytes]] = []
    start = pool._start

    def noted() -> subprocess.Popen[bytes]:
        started.append(start())
        return started[-1]

    async def cancelled(turns: int) -> None:
        async with workers() as made:
            question = asyncio.create_task(ask(made))
            for _ in range(turns):
                await asyncio.sleep(0)
            question.cancel()
            if again:
                await asyncio.sleep(0)
                question.cancel()
            await asyncio.wait([question])

    monkeypatch.setattr(pool, "_start", noted)
    for turns in (*range(12), *range(20, 400, 20)):
        asyncio.run(cancelled(turns))
        assert all(process.returncode is not None for process in started)
        gc.collect()  # an unclosed pipe would warn now, which is an error
    assert started
    assert not caplog.records


@posix
@pytest.mark.parametrize("printed", ["b'\\0\\0\\0\\2{}'", "b'\\0\\0\\0\\1{'", "b'\\0\\0\\0\\0'"])
async def test_nonsense_is_an_error(stand_in: StandIn, printed: str) -> None:
    stand_in.runs(f"os.write(1, {printed})\nsignal.pause()")
    async with workers() as made:
        with pytest.raises(AnalyzerError, match="makes no sense"):
            await ask(made)
        assert made.idle_processes == ()
        stand_in.leaves()
        await warm(made)


async def test_a_program_that_cannot_be_started_is_an_error(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr(pool, "_command", lambda: (str(tmp_path / "none"),))
    async with workers() as made:
        with pytest.raises(AnalyzerError, match="could not be started"):
            await ask(made)


async def test_a_missing_library_is_an_error(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(pool, "find_spec", lambda _name: None)
    pool._command.cache_clear()
    async with workers() as made:
        with pytest.raises(AnalyzerError, match="install the package ast-grep-py"):
            await ask(made)


# Closing --------------------------------------------------------------------------------------------------------------


@posix
async def test_closing_ends_idle_workers() -> None:
    async with workers() as made:
        process = await warm(made)
        await made.close()
        assert is_gone(process)


async def test_closing_does_not_spoil_a_search_and_keeps_no_worker() -> None:
    async with workers() as made:
        await warm(made)
        search = asyncio.create_task(ask(made, SLOW))
        waiting = asyncio.create_task(ask(made))
        await asyncio.sleep(0)
        await made.close()
        assert not search.done()
        assert (len(await search), await waiting) == (1, HIT)
        assert made.idle_processes == ()


@pytest.mark.parametrize("end", ["", "raise SystemExit", "asyncio.current_task().cancel(); await asyncio.sleep(0)"])
def test_a_program_ends_without_a_word(end: str) -> None:
    code = f"""
import asyncio
from qcn_lsp.analyzers.analysis import Analyzers

async def main():
    analyzers = Analyzers()
    try:
        print(len((await analyzers.analyze("javascript", "a.js", {CODE!r})).candidates), flush=True)
        others = [asyncio.create_task(analyzers.analyze("javascript", "b.js", {CODE!r})) for _ in range(3)]
        await asyncio.sleep(0)
        {end or "pass"}
    finally:
        await analyzers.close()
try:
    asyncio.run(main())
except asyncio.CancelledError:
    pass
"""
    done = subprocess.run([sys.executable, "-W", "error", "-c", code], capture_output=True, text=True, check=False)
    assert (done.stdout, done.stderr) == ("1\n", "")


@linux
@pytest.mark.parametrize("busy", [False, True])
def test_a_worker_ends_when_its_server_is_killed(*, busy: bool) -> None:
    # A worker that searches does not see its input end: its own watchdog ends it, here a little sooner than usual.
    program = pool._PROGRAM.replace("import main;", "import main; worker.LONGEST_SEARCH_SECONDS = 1;")
    program = program.replace(
        "from qcn_lsp.analyzers.worker", "from qcn_lsp.analyzers import ast_grep, worker, wire; %s"
    )
    hang = "import threading; wait = threading.Event().wait; ast_grep.check = lambda language, text: wait(); "
    program = program % (hang + "from qcn_lsp.analyzers.worker") if busy else pool._PROGRAM
    code = f"""
import asyncio
from qcn_lsp.analyzers import pool

pool._PROGRAM = {program!r}
start = pool._start

async def main():
    def noted():
        process = start()
        print(process.pid, flush=True)
        return process
    pool._start = noted
    await pool.WorkerPool().check("javascript", {CODE!r})
    print("answered", flush=True)
    await asyncio.Event().wait()

asyncio.run(main())
"""
    server = subprocess.Popen([sys.executable, "-c", code], stdout=subprocess.PIPE, text=True)
    assert server.stdout
    try:
        watched = os.pidfd_open(int(server.stdout.readline()))
        if not busy:
            assert server.stdout.readline() == "answered\n"
    finally:
        server.kill()
        server.wait()
        server.stdout.close()
    try:
        assert select.select([watched], [], [], PATIENCE)[0]
    finally:
        os.close(watched)


# Isolation ------------------------------------------------------------------------------------------------------------


async def test_a_worker_gets_few_variables_and_another_folder(
    stand_in: StandIn, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    seen = tmp_path / "seen"
    monkeypatch.setenv("SECRET_KEY", "not-a-real-key-012")
    stand_in.runs(f"print(os.getcwd(), *os.environ, file=open({str(seen)!r}, 'w'))")
    async with workers() as made:
        with pytest.raises(AnalyzerError):
            await ask(made)
    folder, *variables = seen.read_text().split()
    assert Path(folder) != Path.cwd()
    assert set(variables) <= set(pool._VARIABLES)
