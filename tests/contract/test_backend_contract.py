"""What every backend promises about itself: who the server is, what it can do, how it counts."""

import asyncio

import pytest

from contract.asking import CODE, ask, whole
from contract.targets import Target, on, on_all, on_running
from qcn_lsp.backends.registry import create
from qcn_lsp.core.generation import Backend
from qcn_lsp.errors import BackendUnavailable


@on_all
async def test_probe_tells_context_slots_model_and_features(target: Target, backend: Backend) -> None:
    info = await backend.probe()
    assert info.ctx == target.ctx or target.ctx is None
    assert info.ctx > 0
    assert info.slots >= 1
    assert info.model
    assert "/" not in info.model
    assert info.features == target.features


@on_all
async def test_smaller_figures_in_the_settings_win(target: Target) -> None:
    smaller, larger = create(target.settings(ctx=1024)), create(target.settings(ctx=1 << 24))
    try:
        assert (await smaller.probe()).ctx == 1024
        assert (await larger.probe()).ctx == target.ctx or target.ctx is None
    finally:
        await asyncio.gather(smaller.close(), larger.close())


@on_all
async def test_a_closer_look_agrees_with_the_probe(target: Target, backend: Backend) -> None:
    inspection = await backend.inspect()
    assert inspection.info == await backend.probe()
    assert inspection.busy == (None if target.protocol_only else 0)
    for remark in inspection.remarks:
        assert "\n" not in remark.text + remark.remedy
        assert "-" in remark.remedy or target.protocol_only  # a flag, or a model's name


@on_all
async def test_tokens_are_counted(backend: Backend) -> None:
    code = "def find(db, name):\n    return db.execute(name)\n"
    once, again = [await backend.count_tokens(text) for text in (code, code)]
    assert once == again > 0


@on_running
async def test_twice_the_text_is_twice_the_tokens(backend: Backend) -> None:
    code = "def find(db, name):\n    return db.execute(name)\n"
    once, twice = [await backend.count_tokens(text) for text in (code, code * 2)]
    assert 8 < once < twice <= 2 * once + 1
    assert await backend.count_tokens("") == 0


@on(lambda target: not target.protocol_only)
async def test_a_control_token_counts_as_one(backend: Backend) -> None:
    assert await backend.count_tokens("<|im_end|>") == 1


@on_all
async def test_a_closed_backend_says_so(target: Target) -> None:
    backend = create(target.settings())
    await backend.probe()
    await backend.close()
    with pytest.raises(BackendUnavailable, match="closed"):
        await backend.probe()
    with pytest.raises(BackendUnavailable, match="closed"):
        await backend.inspect()
    with pytest.raises(BackendUnavailable, match="closed"):
        await whole(backend, ask(CODE, 2))
