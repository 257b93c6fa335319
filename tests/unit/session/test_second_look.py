"""What becomes of a review whose second look fails. The server is a simulator."""

from collections.abc import AsyncGenerator
from dataclasses import replace

import pytest

from qcn_lsp.config.settings import Mode
from qcn_lsp.core.generation import GenerationEvent, GenerationRequest, TextDelta
from qcn_lsp.errors import BackendError, BackendUnavailable, BadAnswer, ContextOverflow
from qcn_lsp.prompting.answer_format import SECOND_LOOK_ANSWER
from qcn_lsp.session.snapshot import Snapshot
from servers.simulated import fast
from unit.session.test_routing import CODE, Bench, serving


async def unsupported(bench: Bench) -> Snapshot:
    """Code in which the model alone finds something."""
    return replace(await bench.snapshot(CODE), candidates=())


async def fail_at_second_looks(bench: Bench, monkeypatch: pytest.MonkeyPatch, error: BackendError) -> None:
    ready = (await bench.engine.router.first_ready((Mode.PRECISE,))).ready
    assert ready
    generate = type(ready.backend).generate

    async def failing(self: object, request: GenerationRequest) -> AsyncGenerator[GenerationEvent]:
        if request.answer_format is SECOND_LOOK_ANSWER:
            yield TextDelta("2")  # the beginning of 20
            raise error
        async for event in generate(self, request):  # type: ignore[arg-type] # it is one of these
            yield event

    monkeypatch.setattr(type(ready.backend), "generate", failing)


@pytest.mark.parametrize("error", [ContextOverflow("precise", 900, 800), BadAnswer("precise", "does not end")])
async def test_a_second_look_that_cannot_be_had_leaves_the_finding_preliminary(
    monkeypatch: pytest.MonkeyPatch, error: BackendError
) -> None:
    async with serving(fast(Mode.PRECISE)) as bench:
        snapshot = await unsupported(bench)
        await fail_at_second_looks(bench, monkeypatch, error)
        reviewed = await bench.engine.review(snapshot, snapshot.units[0], bench.watch, (Mode.PRECISE,))
        assert reviewed.review.complete
        assert [flaw.state.value for flaw in reviewed.review.flaws] == ["preliminary"]
        assert bench.engine.spent["precise"].requests == 2


async def test_a_server_that_is_gone_at_a_second_look_is_noticed(monkeypatch: pytest.MonkeyPatch) -> None:
    async with serving(fast(Mode.PRECISE)) as bench:
        snapshot = await unsupported(bench)
        await fail_at_second_looks(bench, monkeypatch, BackendUnavailable("precise", "has ended"))
        with pytest.raises(BackendUnavailable):
            await bench.engine.review(snapshot, snapshot.units[0], bench.watch, (Mode.PRECISE,))
