"""What every backend promises about filling in the middle."""

from dataclasses import replace

import pytest

from contract.asking import HOLE, ask, endless_hole, whole
from contract.targets import Target, on, on_filling, on_running_and_filling
from qcn_lsp.core.generation import Backend, Excerpt, InfillRequest, TextDelta
from qcn_lsp.errors import ContextOverflow, FeatureMissing


@on_filling
async def test_the_middle_comes_with_its_figures(target: Target, backend: Backend) -> None:
    answer = await whole(backend, HOLE)
    assert any(isinstance(event, TextDelta) for event in answer.events)
    assert answer.usage.prompt_tokens > 5
    assert answer.usage.completion_tokens > 0
    assert answer.usage.prompt_seconds > 0
    assert (answer.usage.cached_tokens is None) == (not target.cached) or target.cached is None


@on_filling
async def test_no_control_token_is_part_of_the_middle(backend: Backend) -> None:
    answer = await whole(backend, HOLE)
    assert "<|" not in answer.text


@on_running_and_filling
async def test_max_tokens_cuts_the_middle_and_that_is_told(backend: Backend) -> None:
    answer = await whole(backend, replace(endless_hole(), max_tokens=6))
    assert answer.completed.finish_reason == "length"
    assert answer.usage.completion_tokens == 6


@on_running_and_filling
async def test_a_stop_text_ends_the_middle(backend: Backend) -> None:
    stopped = await whole(backend, replace(endless_hole(), max_tokens=40, stop=(" ",)))
    assert " " not in stopped.text
    assert stopped.completed.finish_reason == "stop"


@on_running_and_filling
async def test_excerpts_are_read(backend: Backend) -> None:
    alone = await whole(backend, HOLE)
    excerpts = (Excerpt("a.py", "A = 1\n" * 20), Excerpt("b.py", "B = 2\n" * 20))
    helped = await whole(backend, replace(HOLE, excerpts=excerpts))
    assert helped.usage.prompt_tokens > alone.usage.prompt_tokens + 80


@on_running_and_filling
async def test_what_cannot_fit_is_refused(backend: Backend) -> None:
    ctx = (await backend.probe()).ctx
    with pytest.raises(ContextOverflow):
        await whole(backend, InfillRequest("x = 1\n" * ctx, "", 4))


@on(lambda target: not target.infill)
async def test_a_model_that_cannot_says_so_and_does_the_rest(backend: Backend) -> None:
    with pytest.raises(FeatureMissing, match="fill in the middle"):
        await whole(backend, HOLE)
    await whole(backend, ask("x = 1", 2))
