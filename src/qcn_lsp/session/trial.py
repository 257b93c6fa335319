"""Tries a model server out: two short reviews of a sample, and one completion."""

import secrets
from collections.abc import AsyncGenerator, Iterable
from contextlib import aclosing
from dataclasses import replace
from itertools import pairwise

from qcn_lsp.core.generation import (
    Backend,
    BackendInfo,
    Completed,
    Feature,
    GenerationEvent,
    GenerationRequest,
    InfillRequest,
    PromptProgress,
    TextDelta,
)
from qcn_lsp.core.positions import LineRange
from qcn_lsp.errors import FeatureMissing
from qcn_lsp.prompting.answer_format import REVIEW_ANSWER
from qcn_lsp.prompting.layout import FileContext, ProjectFacts, question_text, review_messages
from qcn_lsp.report.diagnosis import Trial
from qcn_lsp.review.matching import same_weakness
from qcn_lsp.review.verdict_reader import VerdictReader

_SAMPLE = (
    "def find(db, name):",
    "    return db.execute(f\"SELECT * FROM users WHERE name = '{name}'\")",
)
_SAMPLE_CWE = 89
_OTHER = ("def add(one, other):", "    return one + other")
_MOST_TOKENS = 120


async def try_out(backend: Backend, info: BackendInfo) -> Trial:
    """Asks for two reviews and, where it is able to, a completion.

    Args:
        backend: Whom. It should have a free slot.
        info: What it can do.

    Raises:
        BackendError: It failed.
    """
    # Random words in front: what the server kept from an earlier trial must not make it look fast.
    mark = secrets.token_hex(8)
    first = await _ask(backend, _request(mark, _SAMPLE, _MOST_TOKENS))
    reader = VerdictReader()
    verdicts = reader.feed("".join(event.text for event in first if isinstance(event, TextDelta)))
    completed = _completed(first)
    usage, is_cut = completed.usage, completed.finish_reason == "length"
    again = _completed(await _ask(backend, _request(mark, _OTHER, 4))).usage
    read = usage.read_tokens
    # The first token falls out of reading the prompt.
    written = usage.completion_tokens - 1
    return Trial(
        prompt_tokens=usage.prompt_tokens,
        prompt_rate=read / usage.prompt_seconds if usage.prompt_seconds and read > 0 else None,
        generation_rate=written / usage.completion_seconds if usage.completion_seconds and written > 0 else None,
        cached_tokens=again.cached_tokens,
        largest_batch=_largest_batch(first),
        # A model that has more to say than a trial takes is cut off by us.
        keeps_format=(reader.complete or (is_cut and bool(verdicts))) and not reader.malformed and not reader.rejected,
        finds_sample=any(same_weakness(one.cwe, _SAMPLE_CWE) for one in verdicts),
        infills=await _infills(backend) if Feature.INFILL in info.features else None,
    )


def _request(mark: str, code: tuple[str, ...], max_tokens: int) -> GenerationRequest:
    question = question_text(code, LineRange(0, len(code)), ())
    rules, *rest = review_messages(ProjectFacts("sample"), FileContext("sample.py", "Python"), question)
    messages = (replace(rules, content=f"Trial {mark}.\n{rules.content}"), *rest)
    return GenerationRequest(messages, max_tokens, answer_format=REVIEW_ANSWER)


async def _ask(backend: Backend, request: GenerationRequest) -> list[GenerationEvent]:
    return await _all(backend.generate(request))


async def _infills(backend: Backend) -> bool:
    request = InfillRequest("def add(one, other):\n    return ", "\n", max_tokens=8)
    try:
        await _all(backend.infill(request))
    except FeatureMissing:
        return False
    return True


async def _all(events: AsyncGenerator[GenerationEvent]) -> list[GenerationEvent]:
    async with aclosing(events):
        return [event async for event in events]


def _completed(events: Iterable[GenerationEvent]) -> Completed:
    return next(event for event in events if isinstance(event, Completed))


def _largest_batch(events: Iterable[GenerationEvent]) -> int | None:
    done = [event.processed for event in events if isinstance(event, PromptProgress)]
    return max((after - before for before, after in pairwise(done)), default=None)
