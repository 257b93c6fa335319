"""What the contract suite asks of servers, and how it waits for them."""

import asyncio
from collections.abc import AsyncGenerator, AsyncIterator
from dataclasses import dataclass

import pytest

from contract.targets import COUNTING, ENDLESS, Target
from qcn_lsp.backends.registry import create
from qcn_lsp.core.generation import (
    AnswerFormat,
    Backend,
    Completed,
    GenerationEvent,
    GenerationRequest,
    InfillRequest,
    Message,
    Sampling,
    TextDelta,
    Usage,
)

CODE = 'Review this.\n<code>\n1|def find(db, name):\n2|    return db.execute(f"select {name}")\n</code>'
# Both kinds of servers can obey it: the simulator since it is the product's format, a real one since it must.
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
# A generation of this length takes every server longer than anybody here waits.
LONG = 2500
PATIENCE_SECONDS = 20.0

HOLE = InfillRequest("def add(left, right):\n    return ", "\n", 8, sampling=Sampling(seed=1))


@dataclass(frozen=True, slots=True)
class Answer:
    """A generation that came to its end."""

    events: list[GenerationEvent]
    completed: Completed

    @property
    def text(self) -> str:
        return "".join(event.text for event in self.events if isinstance(event, TextDelta))

    @property
    def usage(self) -> Usage:
        return self.completed.usage


def ask(question: str, max_tokens: int, answer_format: AnswerFormat | None = None) -> GenerationRequest:
    messages = (Message("system", "You review code for security flaws."), Message("user", question))
    return GenerationRequest(messages, max_tokens, Sampling(seed=1), answer_format)


def endless(question: str = ENDLESS) -> GenerationRequest:
    return ask(question, LONG, NEVER_ENDS)


def endless_hole() -> InfillRequest:
    return InfillRequest(f"NUMBERS = [\n{COUNTING}    ", "", LONG, sampling=Sampling(seed=1))


def start(backend: Backend, request: GenerationRequest | InfillRequest) -> AsyncGenerator[GenerationEvent]:
    return backend.infill(request) if isinstance(request, InfillRequest) else backend.generate(request)


async def whole(backend: Backend, request: GenerationRequest | InfillRequest) -> Answer:
    events = [event async for event in start(backend, request)]
    last = events[-1]
    assert isinstance(last, Completed)
    assert sum(isinstance(event, Completed) for event in events) == 1
    return Answer(events, last)


async def read_until(events: AsyncIterator[GenerationEvent], kind: type[GenerationEvent]) -> None:
    async for event in events:
        if isinstance(event, kind):
            return
    pytest.fail(f"no {kind.__name__} came")


async def is_busy(target: Target) -> bool:
    watcher = create(target.watched())
    busy = (await watcher.inspect()).busy
    await watcher.close()
    assert busy is not None
    return busy > 0


async def until_free(target: Target) -> bool:
    """Whether the slot gets free well before an endless answer could have ended by itself."""
    try:
        async with asyncio.timeout(PATIENCE_SECONDS):
            while await is_busy(target):  # noqa: ASYNC110 - it is another process that changes
                await asyncio.sleep(0.02)
    except TimeoutError:
        return False
    return True
