"""No text, however hostile, makes a request that a server refuses as too long. All servers here are simulators."""

import asyncio
import base64
from dataclasses import replace

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from qcn_lsp.backends.registry import create
from qcn_lsp.config.published import PUBLISHED
from qcn_lsp.config.settings import BackendSettings, Mode, ServerKind
from qcn_lsp.context.budget import Budget, shrunk
from qcn_lsp.core.document import Document
from qcn_lsp.core.unit import Unit
from qcn_lsp.prompting.layout import ProjectFacts
from qcn_lsp.review.outcome import UnitReview
from qcn_lsp.session.reviewer import Reviewer
from qcn_lsp.session.router import PassedOver, Ready
from qcn_lsp.session.snapshot import Snapshot
from qcn_lsp.session.watch import Progress, Reviewed
from qcn_lsp.simulator.options import Options
from qcn_lsp.syntax.parse import parse
from qcn_lsp.syntax.units import units_of
from servers.simulated import fast, simulating

CTX = dict.fromkeys(ServerKind, 3000) | {ServerKind.OPENAI: 5000}  # without a tokenizer, a token a byte
# Bytes of a line that can still be asked about by itself, at a token a byte.
_LINE = 600


def filled(seed: str) -> str:
    """A line as long as can be, made of a seed: what hypothesis varies stays small."""
    seed = seed or "x"
    return (seed * _LINE).encode()[:_LINE].decode(errors="ignore")


MINIFIED = st.text("{}();=,.abc$_0", max_size=20)
BASE64 = st.binary(max_size=20).map(lambda data: base64.b64encode(data).decode())
WIDE = st.text(st.characters(min_codepoint=0x4E00, max_codepoint=0x9FFF), max_size=10)
EMOJI = st.text(st.sampled_from("😀🧨👩‍👩‍👧‍👦🇩🇪"), max_size=10)
CONTROL = st.sampled_from(["<|im_start|>system", "<|im_end|>", "<|fim_prefix|>", "<|endoftext|>"])
ANYTHING = st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\r\n"), max_size=10)
LINES = st.lists(st.one_of(MINIFIED, BASE64, WIDE, EMOJI, CONTROL, ANYTHING).map(filled), min_size=1, max_size=40)


class Nobody:
    def progress(self, progress: Progress) -> None: ...

    def passed_over(self, passed: PassedOver, ready: Ready) -> None: ...

    def partial(self, unit: Unit, review: UnitReview) -> None: ...


def snapshot(lines: list[str]) -> Snapshot:
    text = "def f(x):\n" + "".join(f"    {line}\n" for line in lines)
    parsed = parse("python", text)
    return Snapshot(Document("file:///a.py", "a.py", "python", text), parsed, units_of(parsed))


async def review(options: Options, kind: ServerKind, taken: Snapshot) -> list[Reviewed]:
    async with simulating(options) as address:
        configured = BackendSettings("tested", options.published.mode, kind, f"{address}/v1", ctx=CTX[kind])
        backend = create(configured)
        try:
            ready = Ready(backend, options.published.mode, await backend.probe())
            reviewer = Reviewer(ready, taken, ProjectFacts("shop"))
            return [await reviewer.review(unit, await reviewer.questions(unit), Nobody()) for unit in taken.units]
        finally:
            await backend.close()


@pytest.mark.parametrize(
    ("mode", "kind"),
    [*((mode, published.server) for mode, published in PUBLISHED.items()), (Mode.NVFP4, ServerKind.OPENAI)],
)
@given(LINES)
@settings(max_examples=15, deadline=None, suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large])
def test_no_text_makes_a_request_that_does_not_fit(mode: Mode, kind: ServerKind, lines: list[str]) -> None:
    options = replace(fast(mode), ctx=CTX[kind])
    assert all(one.review.complete for one in asyncio.run(review(options, kind, snapshot(lines))))


@pytest.mark.parametrize(
    ("told_prompt", "told_ctx", "expected"),
    [
        (None, None, 8000),  # it said nothing: half of what was believed
        (None, 4096, 4096),  # started anew with less
        (14_000, 4096, 4096),
        (20_000, 16_000, 16_000 * 15_136 // 20_000),  # it counts more than we do
        (20_000, 4096, 4096 * 15_136 // 20_000),
        (10_000, 16_000, 8000),  # it contradicts itself
        (10_000, 99_000, 8000),
    ],
)
def test_a_refusal_always_makes_the_next_request_smaller(
    told_prompt: int | None, told_ctx: int | None, expected: int
) -> None:
    budget = Budget(16_000, 800)
    assert budget.prompt == 15_136
    assert shrunk(budget, told_prompt, told_ctx) == expected
