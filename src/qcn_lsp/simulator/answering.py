"""`/v1/chat/completions`: waits for a slot, reads the prompt, answers, and notices a client that has left.

As on the real server, leaving is noticed only where something is written: between batches if progress was asked for,
at every token of a stream, and never in a request that does not stream.
"""

import asyncio
import time
from collections.abc import Sequence
from dataclasses import dataclass
from http import HTTPStatus
from types import MappingProxyType

from aiohttp import web

from qcn_lsp.simulator import bodies, tokenizer
from qcn_lsp.simulator.chat import ChatMessage, ChatRequest, parse_request, render
from qcn_lsp.simulator.generation import Generation, Work
from qcn_lsp.simulator.options import Fault, Options
from qcn_lsp.simulator.prefix_cache import PrefixCache
from qcn_lsp.simulator.request_log import Record, RequestLog, digests
from qcn_lsp.simulator.script import NOTHING_FOUND, answer
from qcn_lsp.simulator.slots import Slot, SlotPool

_LOOK_SECONDS = 0.05
_SLOW = 0.1


class _Left(Exception):
    """The client has closed the connection."""


class _Broken(Exception):
    """The answer ends here on purpose."""


@dataclass(frozen=True, slots=True)
class _Job:
    """One request, ready to be worked on."""

    http: web.Request
    chat: ChatRequest
    prompt_tokens: int
    started: float

    def gone(self) -> bool:
        transport = self.http.transport
        return transport is None or transport.is_closing()

    def stay(self) -> None:
        if self.gone():
            raise _Left


def json_response(body: object, status: int = HTTPStatus.OK) -> web.Response:
    """A response as llama.cpp sends it."""
    return web.Response(text=bodies.dumps(body), status=status, content_type="application/json", charset="utf-8")


class ChatEndpoint:
    """Answers chat requests from a script."""

    def __init__(self, options: Options, pool: SlotPool, log: RequestLog) -> None:
        self._options = options
        self._pool = pool
        self._log = log
        self._cache = PrefixCache()
        self._speed = options.speed * (_SLOW if options.fault is Fault.SLOW else 1)

    async def handle(self, request: web.Request) -> web.StreamResponse:
        """One request, from its body to its line in the log.

        Raises:
            BadRequest: It is not a chat request.
        """
        started = time.monotonic()
        chat = parse_request(await request.read())
        job = _Job(request, chat, tokenizer.count(render(chat.messages)), started)
        refusal = self._refusal(job)
        if refusal is not None:
            self._record(job, None, aborted=False)
            return refusal
        slot = await self._pool.acquire(job.gone)
        if slot is None:
            self._record(job, None, aborted=True)
            return web.Response()
        try:
            return await self._serve(job, slot)
        finally:
            self._pool.release(slot)

    def _refusal(self, job: _Job) -> web.Response | None:
        ctx = self._options.ctx
        if self._options.fault is Fault.SERVER_ERROR:
            return json_response(bodies.UNPARSED, HTTPStatus.INTERNAL_SERVER_ERROR)
        if self._options.fault is Fault.OVERFLOW:
            return json_response(bodies.overflow(max(job.prompt_tokens, ctx + 1), ctx), HTTPStatus.BAD_REQUEST)
        if job.prompt_tokens >= ctx:
            return json_response(bodies.overflow(job.prompt_tokens, ctx), HTTPStatus.BAD_REQUEST)
        return None

    async def _serve(self, job: _Job, slot: Slot) -> web.StreamResponse:
        generation = Generation(self._work(job), self._options.profile, slot, self._speed)
        aborted = True
        try:
            if self._options.fault is Fault.HANG:
                await self._hang(job)
            response = await (self._stream(job, generation) if job.chat.stream else self._whole(job, generation))
            aborted = False
        except (_Left, ConnectionResetError):
            return web.Response()
        except _Broken:
            aborted = False
            if job.http.transport:
                job.http.transport.close()
            return web.Response()
        finally:
            self._record(job, generation, aborted=aborted)
        return response

    def _work(self, job: _Job) -> Work:
        messages = job.chat.messages
        shared = self._cache.shared(messages)
        room = self._options.ctx - job.prompt_tokens
        return Work(
            prompt_tokens=job.prompt_tokens,
            cached_tokens=tokenizer.count(render(messages[:shared], generation_prompt=False)),
            pieces=tuple(tokenizer.pieces(self._answer(messages), control=False)),
            limit=room if job.chat.max_tokens is None else min(job.chat.max_tokens, room),
        )

    def _answer(self, messages: Sequence[ChatMessage]) -> str:
        question = next((message.content for message in reversed(messages) if message.role == "user"), None)
        if question is None:
            return NOTHING_FOUND
        return answer(self._options.script, question, missing_lines=self._options.fault is Fault.LINES)

    async def _hang(self, job: _Job) -> None:
        while True:
            job.stay()
            await asyncio.sleep(_LOOK_SECONDS)

    async def _whole(self, job: _Job, generation: Generation) -> web.Response:
        async for _done in generation.read_prompt():
            pass
        self._cache.keep(job.chat.messages)
        text = "".join([piece async for piece in generation.write_answer()])
        if self._options.fault in {Fault.CUT, Fault.MIDSTREAM}:
            raise _Broken
        if self._options.fault is Fault.GARBAGE:
            return web.Response(text="{{{ not what was agreed", content_type="application/json")
        return json_response(bodies.Completion().whole(text, generation))

    async def _stream(self, job: _Job, generation: Generation) -> web.StreamResponse:
        response = web.StreamResponse(headers={"Content-Type": "text/event-stream", "X-Accel-Buffering": "no"})
        if self._options.fault is Fault.GARBAGE:
            await response.prepare(job.http)
            await response.write(b"data: {{{ not what was agreed\n\n")
            return response
        events = _Events(response, job, bodies.Completion())
        started = time.monotonic()
        async for done in generation.read_prompt():
            if job.chat.progress:
                await events.progress(generation.work, done, time.monotonic() - started)
        self._cache.keep(job.chat.messages)
        await events.send({"role": "assistant", "content": None})
        async for piece in generation.write_answer():
            job.stay()
            if piece:
                await events.send({"content": piece})
            await self._break_off(events, generation)
        await events.end(generation)
        return response

    async def _break_off(self, events: "_Events", generation: Generation) -> None:
        if generation.decoded * 2 < generation.work.completion_tokens:
            return
        if self._options.fault is Fault.CUT:
            raise _Broken
        if self._options.fault is Fault.MIDSTREAM:
            await events.raw(bodies.UNPARSED)
            raise _Broken

    def _record(self, job: _Job, generation: Generation | None, *, aborted: bool) -> None:
        self._log.write(
            Record(
                endpoint=job.http.path,
                prompt_tokens=job.prompt_tokens,
                cached_tokens=generation.work.cached_tokens if generation else 0,
                completion_tokens=generation.decoded if generation else 0,
                seconds=round(generation.seconds, 3) if generation else 0.0,
                wall_seconds=round(time.monotonic() - job.started, 3),
                aborted=aborted,
                stream=job.chat.stream,
                max_tokens=job.chat.max_tokens,
                finish_reason=generation.work.finish_reason if generation and not aborted else None,
                messages=digests(job.chat.messages),
            )
        )


class _Events:
    """The event stream of one answer, in the order a real server sends it. Headers go out with the first event."""

    def __init__(self, response: web.StreamResponse, job: _Job, completion: bodies.Completion) -> None:
        self._response = response
        self._job = job
        self._completion = completion

    async def progress(self, work: Work, done: int, seconds: float) -> None:
        figures: bodies.Json = {
            "total": work.prompt_tokens,
            "cache": work.cached_tokens,
            "processed": done,
            "time_ms": int(seconds * 1000),
        }
        await self.send({"role": "assistant", "content": None}, {"prompt_progress": figures})

    async def send(self, delta: bodies.Json, more: bodies.Json = MappingProxyType({})) -> None:
        await self.raw(self._completion.chunk(delta, None, more))

    async def end(self, generation: Generation) -> None:
        reason, timings = generation.work.finish_reason, {"timings": bodies.timings(generation)}
        if self._job.chat.usage:
            await self.raw(self._completion.chunk({}, reason, {}))
            await self.raw(self._completion.chunk(None, None, {"usage": bodies.usage(generation), **timings}))
        else:
            await self.raw(self._completion.chunk({}, reason, timings))
        await self._response.write(b"data: [DONE]\n\n")

    async def raw(self, body: bodies.Json) -> None:
        self._job.stay()
        if not self._response.prepared:
            await self._response.prepare(self._job.http)
        await self._response.write(f"data: {bodies.dumps(body)}\n\n".encode())
