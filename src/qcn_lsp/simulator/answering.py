"""A request for a generation: waits for a slot, reads the prompt, answers, and notices a client that has left."""

import asyncio
import time
from dataclasses import dataclass

from aiohttp import web

from qcn_lsp.simulator import completions, fim, tokenizer
from qcn_lsp.simulator.asking import Asked, Kind
from qcn_lsp.simulator.chat import questions
from qcn_lsp.simulator.dialect import Answer, Dialect, HeadersGo, Refused, json_response
from qcn_lsp.simulator.event_stream import EventStream, Left, gone, stay
from qcn_lsp.simulator.faults import Faults
from qcn_lsp.simulator.generation import Generation, Work
from qcn_lsp.simulator.options import Fault, Options
from qcn_lsp.simulator.prefix_cache import Prompt
from qcn_lsp.simulator.request_log import Record, RequestLog, digests
from qcn_lsp.simulator.script import answer, second_look
from qcn_lsp.simulator.slots import Slot, SlotPool
from qcn_lsp.simulator.totals import Totals

_LOOK_SECONDS = 0.05
_SLOW = 0.1
_GARBAGE = "{{{ not what was agreed"


class _Broken(Exception):
    """The answer ends here on purpose."""


@dataclass(slots=True)
class _Job:
    """One request on its way."""

    http: web.Request
    asked: Asked
    prompt: Prompt
    fault: Fault | None
    started: float
    generation: Generation | None = None
    aborted: bool = True  # until it has ended


class Answering:
    """Answers requests from a script, in a dialect.

    Args:
        options: What to be.
        log: Gets a line a request.
    """

    def __init__(self, options: Options, log: RequestLog) -> None:
        self.pool = SlotPool(options.slots)
        self.totals = Totals()
        self._options = options
        self._log = log
        self._faults = Faults(options)

    async def handle(self, dialect: Dialect, kind: Kind, request: web.Request) -> web.StreamResponse:
        """One request, from its body to its line in the log.

        Raises:
            Refused: It is answered with an error.
        """
        started = time.monotonic()
        asked = dialect.read(kind, await request.read())
        job = _Job(request, asked, dialect.prompt(asked), self._faults.next(), started)
        try:
            response = await self._answer(dialect, job)
        except (Left, ConnectionResetError):
            return web.Response()
        except Refused:
            job.aborted = False
            raise
        except _Broken:
            job.aborted = False
            if request.transport:
                request.transport.close()
            return web.Response()
        else:
            job.aborted = False
            return response
        finally:
            self._record(job)

    async def _answer(self, dialect: Dialect, job: _Job) -> web.StreamResponse:
        dialect.check(job.asked, job.prompt)
        if job.fault is Fault.SERVER_ERROR:
            raise dialect.failure()
        if job.fault is Fault.OVERFLOW:
            raise dialect.overflow(job.asked, max(job.prompt.tokens, self._options.ctx + 1))
        stream = EventStream(job.http, dialect.manners)
        if job.asked.stream and dialect.manners.headers_go is HeadersGo.AT_ONCE:
            await stream.open()
        slot = await self.pool.acquire(lambda: gone(job.http))
        if slot is None:
            raise Left
        try:
            generation = job.generation = self._begin(dialect, job, slot)
            if job.fault is Fault.HANG:
                await _hang(job.http)
            if job.asked.stream:
                return await self._stream(dialect, job, generation, stream)
            return await self._whole(dialect, job, generation)
        finally:
            self.pool.release(slot)

    def _begin(self, dialect: Dialect, job: _Job, slot: Slot) -> Generation:
        text, stopping_word = completions.cut(self._text(job), job.asked.stop)
        room = self._options.ctx - job.prompt.tokens
        work = Work(
            prompt_tokens=job.prompt.tokens,
            cached_tokens=dialect.cache.shared(job.prompt),
            pieces=tuple(tokenizer.pieces(text, control=False)),
            limit=room if job.asked.max_tokens is None else min(job.asked.max_tokens, room),
            stopping_word=stopping_word,
        )
        speed = self._options.speed * (_SLOW if job.fault is Fault.SLOW else 1)
        return Generation(work, self._options, slot, speed)

    def _text(self, job: _Job) -> str:
        script = self._options.script
        if job.asked.kind is Kind.CHAT:
            *earlier, last = questions(job.asked.messages) or [""]
            again = second_look(script.answers, last, earlier)
            return again or answer(script.answers, last, missing_lines=job.fault is Fault.LINES)
        if not job.prompt.tokens:
            return ""  # the family answers nothing to nothing
        return completions.complete(script.completions, fim.before_cursor(job.prompt.text))

    async def _whole(self, dialect: Dialect, job: _Job, generation: Generation) -> web.Response:
        async for _done in generation.read_prompt():
            if dialect.manners.notices_leaving:
                stay(job.http)
        dialect.cache.keep(job.prompt, generation.work.cached_tokens)
        text = ""
        async for piece in generation.write_answer():
            text += piece
            if dialect.manners.notices_leaving:
                stay(job.http)
        if job.fault is Fault.CUT:
            raise _Broken
        if job.fault is Fault.MIDSTREAM:
            raise dialect.failure()
        if job.fault is Fault.GARBAGE:
            return web.Response(text=_GARBAGE, content_type="application/json")
        body = dialect.answer(job.asked, job.prompt, generation).whole(text)
        return json_response(dialect.manners, body)

    async def _stream(
        self, dialect: Dialect, job: _Job, generation: Generation, stream: EventStream
    ) -> web.StreamResponse:
        if dialect.manners.headers_go is HeadersGo.WITH_THE_SLOT:
            await stream.open()
        if job.fault is Fault.GARBAGE:
            await stream.send_text(_GARBAGE)
            return stream.response
        told = dialect.answer(job.asked, job.prompt, generation)
        async for done in generation.read_prompt():
            if dialect.manners.notices_leaving:
                stay(job.http)
            await stream.send(told.progress(done))
        dialect.cache.keep(job.prompt, generation.work.cached_tokens)
        await self._write(dialect, job, generation, stream, told)
        return stream.response

    async def _write(
        self, dialect: Dialect, job: _Job, generation: Generation, stream: EventStream, told: Answer
    ) -> None:
        await stream.send(told.opening())
        async for piece in generation.write_answer():
            stay(job.http)
            await stream.send(told.piece(piece))
            if generation.decoded * 2 < generation.work.completion_tokens:
                continue
            if job.fault is Fault.CUT:
                raise _Broken
            if job.fault is Fault.MIDSTREAM:
                await stream.send([dialect.failure().body])
                break
        else:
            await stream.send(told.closing())
        if told.ends_with_done and (job.fault is not Fault.MIDSTREAM or dialect.manners.done_after_error):
            await stream.send_text("[DONE]")

    def _record(self, job: _Job) -> None:
        generation = job.generation
        if generation:
            self.totals.add(generation)
        self._log.write(
            Record(
                endpoint=job.http.path,
                prompt_tokens=job.prompt.tokens,
                cached_tokens=generation.work.cached_tokens if generation else 0,
                completion_tokens=generation.decoded if generation else 0,
                seconds=round(generation.seconds, 3) if generation else 0.0,
                wall_seconds=round(time.monotonic() - job.started, 3),
                aborted=job.aborted,
                stream=job.asked.stream,
                max_tokens=job.asked.max_tokens,
                finish_reason=generation.finish_reason if generation and not job.aborted else None,
                fault=job.fault.value if job.fault else None,
                messages=digests(job.asked.messages),
            )
        )


async def _hang(request: web.Request) -> None:
    while True:
        stay(request)
        await asyncio.sleep(_LOOK_SECONDS)
