"""What every backend promises about a generation.

Protocol and behaviour only: nothing here depends on how good a model's answers are.
"""

import re
from itertools import pairwise

import pytest

from contract.asking import CODE, ROW, ROWS, ask, endless, whole
from contract.targets import Target, on, on_all, on_endless, on_formatting
from qcn_lsp.core.generation import Backend, GenerationRequest, Message, PromptProgress, TextDelta, Usage
from qcn_lsp.errors import ContextOverflow


@on_formatting
async def test_the_answer_obeys_the_grammar(backend: Backend) -> None:
    answer = await whole(backend, ask(CODE, 400, ROWS))
    assert answer.completed.finish_reason == "stop"
    assert re.fullmatch(rf"\[{ROW}(?:,{ROW}){{0,3}}\]", answer.text)


@on_all
async def test_the_answer_comes_in_pieces(backend: Backend) -> None:
    answer = await whole(backend, ask(CODE, 400, ROWS))
    assert sum(isinstance(event, TextDelta) for event in answer.events) > 3


@on(lambda target: target.progress and not target.recorded)
async def test_reading_the_prompt_is_reported(backend: Backend) -> None:
    answer = await whole(backend, ask(f"{CODE}\n{'x = y + 1 ' * 200}", 4))
    progress = [event for event in answer.events if isinstance(event, PromptProgress)]
    assert len(progress) > 1
    assert answer.events[: len(progress)] == progress
    assert all(before.processed <= after.processed for before, after in pairwise(progress))
    assert progress[-1].processed == progress[-1].total == answer.usage.prompt_tokens
    assert {event.cached for event in progress} == {answer.usage.cached_tokens}


@on(lambda target: not target.progress)
async def test_a_server_without_progress_sends_text_only(backend: Backend) -> None:
    answer = await whole(backend, ask(CODE, 4))
    assert all(isinstance(event, TextDelta) for event in answer.events[:-1])


@on_all
async def test_the_figures_add_up(target: Target, backend: Backend) -> None:
    usage = (await whole(backend, ask(CODE, 400, ROWS))).usage
    assert usage.prompt_tokens > 30
    assert 5 < usage.completion_tokens <= 400
    assert usage.prompt_seconds > 0
    assert usage.completion_seconds > 0
    if usage.cached_tokens is None:
        assert not target.cached
    else:
        assert target.cached is not False
        assert 0 <= usage.cached_tokens < usage.prompt_tokens


@on(lambda target: target.resumes and not target.recorded)
async def test_a_shared_prefix_is_read_once(backend: Backend) -> None:
    system = Message("system", "You review code for security flaws. " + "Quote the line. " * 20)

    async def usage(question: str) -> Usage:
        return (await whole(backend, GenerationRequest((system, Message("user", question)), 1))).usage

    await usage("x = 1")
    second = await usage("name = input()")
    assert second.cached_tokens is not None
    assert 40 < second.cached_tokens < second.prompt_tokens


@on_endless
async def test_max_tokens_cuts_the_answer_and_that_is_told(backend: Backend) -> None:
    request = endless()
    answer = await whole(backend, GenerationRequest(request.messages, 6, request.sampling, request.answer_format))
    assert answer.completed.finish_reason == "length"
    assert answer.usage.completion_tokens == 6
    assert answer.text


@on_all
async def test_a_prompt_that_does_not_fit_is_refused(target: Target, backend: Backend) -> None:
    ctx = (await backend.probe()).ctx
    with pytest.raises(ContextOverflow) as refused:
        await whole(backend, ask("x = 1\n" * ctx, 4))
    assert refused.value.ctx == (ctx if target.tells_ctx else None)
    if target.counts_overflow:
        assert refused.value.prompt_tokens is not None
        assert refused.value.prompt_tokens > ctx
    else:
        assert refused.value.prompt_tokens is None


@on(lambda target: target.tells_ctx and not target.counts_overflow and not target.recorded)
async def test_prompt_and_answer_must_fit_together_where_the_server_says_so(backend: Backend) -> None:
    ctx = (await backend.probe()).ctx
    with pytest.raises(ContextOverflow) as refused:
        await whole(backend, ask(CODE, ctx))
    assert refused.value.ctx == ctx
