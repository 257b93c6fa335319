"""Worker processes for ast-grep, as the server sees them: started when needed, kept, killed when stuck.

Each question occupies a thread, which starts the process, writes, and waits for the answer. So the event loop waits for
nothing, and a question that is given up needs no more than a killed process: its thread then cleans up and ends,
whatever becomes of the task that asked, and of the loop. (The loop's own subprocesses hang in Python 3.11 when the loop
ends while one is being started.)
"""

import asyncio
import os
import subprocess
import sys
import threading
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import suppress
from functools import cache, partial
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import qcn_lsp
from qcn_lsp.analyzers import wire
from qcn_lsp.core.candidate import Candidate
from qcn_lsp.errors import AnalyzerError

DEADLINE_SECONDS = 10.0
_AT_MOST = 2
_SECONDS_TO_END = 1.0

# The workspace is hostile. So nothing is imported but the standard library (-I: no current folder, no variables; -S: no
# site-packages) and, after it, what two folders hold: the one this package is in and the one ast-grep is in.
_ISOLATED = ("-I", "-S")
_PROGRAM = "import sys; sys.path += sys.argv[1:]; from qcn_lsp.analyzers.worker import main; main()"
_VARIABLES = ("PATH", "LANG", "LC_ALL", "LC_CTYPE", "TMPDIR", "TEMP", "TMP", "SYSTEMROOT", "LD_LIBRARY_PATH")

_Outcome = tuple[Candidate, ...] | AnalyzerError


class WorkerPool:
    """Runs `ast_grep.check` in processes of its own.

    The first question starts a worker. It is kept, so that the next costs no start; a second one is started when the
    first is busy and there is a core for it. A worker that crashes, that does not answer in time, or whose answer
    nobody waits for any more is gone before the question's task goes on.

    Args:
        deadline_seconds: How long a worker may take for one text.
        at_most: How many workers there may be.
    """

    def __init__(self, deadline_seconds: float = DEADLINE_SECONDS, at_most: int | None = None) -> None:
        at_most = at_most or min(_AT_MOST, os.cpu_count() or 1)
        self._deadline_seconds = deadline_seconds
        self._turns = asyncio.Semaphore(at_most)
        self._threads = ThreadPoolExecutor(at_most, "ast-grep")
        self._idle: list[_Worker] = []
        self._stopped: set[asyncio.Future[_Outcome]] = set()
        self._ending: set[Future[int]] = set()
        self._closed = False

    async def check(self, language: str, text: str) -> tuple[Candidate, ...]:
        """What the project's rules find, in the text's order.

        Raises:
            AnalyzerError: The text was refused, took too long, or made ast-grep crash; or there is no ast-grep.
        """
        async with self._turns:
            outcome = await self._ask(self._free_worker(), language, text)
        if isinstance(outcome, AnalyzerError):
            raise outcome
        return outcome

    async def close(self) -> None:
        """Ends every idle worker, and from now on keeps none: those at work end with what they are doing."""
        self._closed = True
        while self._idle:
            self._end(self._idle.pop())
        endings = [asyncio.wrap_future(ending) for ending in list(self._ending)]
        leaving: list[asyncio.Future[Any]] = [*self._stopped, *endings]
        if leaving:
            await asyncio.wait(leaving)

    @property
    def idle_processes(self) -> tuple[int, ...]:
        """The process ids of the workers that wait for a question."""
        return tuple(worker.process for worker in self._idle)

    def _free_worker(self) -> "_Worker":
        while self._idle:
            worker = self._idle.pop()
            if worker.is_usable:
                return worker
            self._end(worker)  # it was killed while it had nothing to do, which is no text's fault
        return _Worker()

    async def _ask(self, worker: "_Worker", language: str, text: str) -> _Outcome:
        worker.is_busy = True
        asking = asyncio.get_running_loop().run_in_executor(self._threads, worker.ask, language, text)
        asking.add_done_callback(partial(self._asked, worker))
        try:
            await asyncio.wait([asking], timeout=self._deadline_seconds)
            if asking.done():
                return asking.result()
            return AnalyzerError(f"ast-grep did not answer within {self._deadline_seconds:g} s and was stopped")
        finally:
            if not asking.done():
                self._stopped.add(asking)  # if this task is cancelled once more, `close` waits for it
                worker.stop()
                await asyncio.wait([asking])

    def _asked(self, worker: "_Worker", asking: asyncio.Future[_Outcome]) -> None:
        """Takes a worker back, whether or not anybody waits for its answer."""
        self._stopped.discard(asking)
        if asking.exception() is None and worker.is_usable and not self._closed:
            self._idle.append(worker)
        else:
            self._end(worker)

    def _end(self, worker: "_Worker") -> None:
        ending = self._threads.submit(worker.end)  # not a future of the loop's, which may end first
        self._ending.add(ending)
        ending.add_done_callback(self._ending.discard)


class _Worker:
    """One process, started by its first question."""

    def __init__(self) -> None:
        self.is_busy = False
        self._process: subprocess.Popen[bytes] | None = None
        self._is_spoiled = False
        self._lock = threading.Lock()

    @property
    def process(self) -> int:
        """The process id, 0 before the first question."""
        return self._process.pid if self._process else 0

    @property
    def is_usable(self) -> bool:
        """Whether it can take another question."""
        return bool(not self._is_spoiled and self._process and self._process.poll() is None)

    def ask(self, language: str, text: str) -> _Outcome:
        """Waits for the answer. A process that gives none is gone afterwards."""
        try:
            outcome = self._converse(wire.question(language, text))
        except AnalyzerError as error:
            outcome = error
        with self._lock:
            self.is_busy = False  # from here on, it is too late to stop
        if self._is_spoiled:
            self.end()
        return outcome

    def stop(self) -> None:
        """Kills the process if it is still busy, for a thread that waits for it in `ask`."""
        with self._lock:
            if self.is_busy:
                self._is_spoiled = True
                if self._process:
                    self._process.kill()

    def end(self) -> int:
        """Kills the process, waits until it is gone, and says how it ended."""
        if self._process is None:
            return 0
        self._process.kill()
        status = self._process.wait()
        for pipe in (self._process.stdin, self._process.stdout):
            if pipe:
                with suppress(OSError):  # what it did not read any more
                    pipe.close()
        return status

    def _converse(self, question: bytes) -> _Outcome:
        process = self._started()
        assert process.stdin  # noqa: S101 — both are pipes, as they were asked for
        assert process.stdout  # noqa: S101
        try:
            process.stdin.write(question)
            process.stdin.flush()
            body = wire.read(process.stdout)
        except OSError:
            body = None
        if body is None:
            self._is_spoiled = True
            with suppress(subprocess.TimeoutExpired):
                process.wait(_SECONDS_TO_END)  # its own status says more than that it was killed
            return AnalyzerError(f"ast-grep ended with status {self.end()}: this text could not be analyzed")
        try:
            return wire.read_answer(body)
        except ValueError:
            self._is_spoiled = True
            return AnalyzerError("ast-grep's answer makes no sense: this text could not be analyzed")

    def _started(self) -> subprocess.Popen[bytes]:
        if self._process:
            return self._process
        process = _start()
        with self._lock:
            self._process = process
            if self._is_spoiled:  # stopped meanwhile
                process.kill()
        return process


def _start() -> subprocess.Popen[bytes]:
    try:
        return subprocess.Popen(  # noqa: S603 — nothing of the command comes from the workspace
            _command(),
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            cwd=sys.prefix,
            env={name: os.environ[name] for name in _VARIABLES if name in os.environ},
        )
    except OSError as error:
        raise AnalyzerError(f"ast-grep's process could not be started ({error.strerror})") from error


@cache
def _command() -> tuple[str, ...]:
    library = find_spec("ast_grep_py")
    if library is None or library.origin is None:
        raise AnalyzerError("ast-grep is missing: install the package ast-grep-py again")
    folders = (_folder(qcn_lsp.__file__), _folder(library.origin))
    return (sys.executable, *_ISOLATED, "-c", _PROGRAM, *dict.fromkeys(folders))


def _folder(package: str) -> str:
    return str(Path(package).absolute().parent.parent)
