"""Nothing is sent that does not fit."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from qcn_lsp.context.budget import MARGIN, TEMPLATE_TOKENS_PER_MESSAGE, Budget, most_tokens
from qcn_lsp.core.candidate import Candidate
from qcn_lsp.core.document import Document
from qcn_lsp.core.generation import Message
from qcn_lsp.core.positions import Position, Span
from qcn_lsp.core.severity import Severity
from qcn_lsp.prompting.layout import ProjectFacts
from qcn_lsp.prompting.texts import text as prompt_text
from qcn_lsp.session.packing import Packer
from qcn_lsp.session.snapshot import Snapshot
from qcn_lsp.syntax.parse import parse
from qcn_lsp.syntax.units import units_of

ANSWER = 200


async def count(text: str) -> int:
    """A tokenizer of the worst kind: a token for every byte."""
    return most_tokens(text)


def snapshot(text: str) -> Snapshot:
    """With a suspicion on every third line, since suspicions are part of the question."""
    parsed = parse("python", text)
    document = Document("file:///a.py", "a.py", "python", text)
    places = [Span(Position(line, 0), Position(line, 1)) for line in range(0, len(document.lines), 3)]
    candidates = tuple(Candidate("x", 1336, Severity.LOW, place, "m") for place in places)
    return Snapshot(document, parsed, units_of(parsed), candidates)


def used(messages: tuple[Message, ...]) -> int:
    return sum(most_tokens(one.content) + TEMPLATE_TOKENS_PER_MESSAGE for one in messages) + ANSWER + MARGIN


def packer(text: str, ctx: int) -> tuple[Packer, Snapshot]:
    taken = snapshot(text)
    return Packer(taken, ProjectFacts("shop"), count, Budget(ctx, ANSWER)), taken


async def test_a_unit_that_fits_is_one_piece_with_the_whole_outline() -> None:
    pack, taken = packer("import os\n\ndef helper():\n    pass\n\ndef f(x):\n    return x\n", 16_384)
    unit = taken.units[-1]
    ((asked, (_, context)),) = await pack.pieces(unit)
    assert asked == unit.lines
    assert context.imports == ("import os",)
    assert len(context.signatures) == 2


async def test_what_the_unit_does_not_call_goes_first() -> None:
    others = "".join(f"def other_{n}(argument_{n}):\n    return 1\n\n" for n in range(50))
    text = f"import os\n\ndef helper(a):\n    return a\n\n{others}def f(x):\n    return helper(x)\n"
    told = most_tokens(prompt_text("review/rules")) + most_tokens(prompt_text("review/languages/python"))
    room = told + ANSWER + MARGIN + 400
    pack, taken = packer(text, room)
    ((_, (_, context)),) = await pack.pieces(taken.units[-1])
    assert context.signatures == ("def helper(a):",)


async def test_what_is_known_of_the_language_gives_way_to_code() -> None:
    code = "".join(f"    value_{n} = other_{n}(x)\n" for n in range(20))
    rules, known = (most_tokens(prompt_text(f"review/{name}")) for name in ("rules", "languages/python"))
    for room, language in ((rules + known + 1200, "python"), (rules + 1200, "")):
        pack, taken = packer(f"def f(x):\n{code}", room + ANSWER + MARGIN)
        ((asked, (project, _)),) = await pack.pieces(taken.units[-1])
        assert asked == taken.units[-1].lines
        assert project.language == language


LINES = st.lists(
    st.one_of(
        st.just("    x = 1"),
        st.just("    if x:"),
        st.text(alphabet="a😀漢<|>\\\"'{}()", max_size=120).map(lambda text: f"    y = '{text}"),
        st.binary(max_size=60).map(lambda data: f"    z = {data!r}"),
    ),
    max_size=120,
)


@settings(max_examples=60, deadline=None)
@given(LINES, st.integers(0, 6000))
async def test_no_text_makes_a_request_that_does_not_fit(lines: list[str], spare: int) -> None:
    ctx = most_tokens(prompt_text("review/rules")) + ANSWER + MARGIN + 600 + spare
    pack, taken = packer("\n".join(["def f():", *lines]), ctx)
    for unit in taken.units:
        pieces = await pack.pieces(unit)
        covered = [line for asked, _ in pieces for line in range(asked.start, asked.end)]
        assert covered == list(range(unit.lines.start, unit.lines.end))
        for asked, context in pieces:
            messages = pack.messages(asked, context)
            assert await pack.fits(messages) == (used(messages) <= ctx)
            assert used(messages) <= ctx


async def test_the_server_is_not_asked_to_count_what_must_fit() -> None:
    async def never(text: str) -> int:
        pytest.fail(f"asked about {len(text)} characters")

    taken = snapshot("def f():\n    pass\n")
    pack = Packer(taken, ProjectFacts(""), never, Budget(16_384, ANSWER))
    assert len(await pack.pieces(taken.units[0])) == 1
