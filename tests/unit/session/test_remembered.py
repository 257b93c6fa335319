"""What the store of reviews knows again, and what it does not."""

from collections.abc import AsyncIterator
from dataclasses import replace
from pathlib import Path

import pytest

from qcn_lsp.analyzers.analysis import Analyzers
from qcn_lsp.config.settings import Mode
from qcn_lsp.core.document import Document
from qcn_lsp.review.outcome import UnitReview
from qcn_lsp.session.remembered import Memory
from qcn_lsp.session.snapshot import Snapshot, take_snapshot
from qcn_lsp.storage.async_store import AsyncStore

VERIFIED = UnitReview(complete=True, decisive=True, mode="precise", model="one")
PRELIMINARY = UnitReview(complete=True, mode="hybrid", model="one")
CODE = """from yaml import safe_load as load
import os


class Reader(Trusted):
    def parse(self, data):
        return load(data)
"""


@pytest.fixture
async def memory(tmp_path: Path) -> AsyncIterator[Memory]:
    memory = Memory(AsyncStore(tmp_path / "store" / "reviews.sqlite3", tell=pytest.fail))
    yield memory
    await memory.close()


async def snapshot_of(code: str) -> Snapshot:
    analyzers = Analyzers()
    try:
        return await take_snapshot(Document("untitled:a.py", "a.py", "python", code, 1), analyze=analyzers.analyze)
    finally:
        await analyzers.close()


async def is_known(memory: Memory, before: str, after: str) -> bool:
    """Whether the last unit of a text is known after the last one of another was reviewed."""
    first, second = await snapshot_of(before), await snapshot_of(after)
    assert first.units[-1].digest == second.units[-1].digest
    await memory.keep(first, first.units[-1], VERIFIED)
    return bool(await memory.recall(second, second.units[-1:]))


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("import os\n", "import os\nimport json\n"),
        ("import os\n\n", "import os\n# where configuration is read\n\n"),
        ("import os\n", "import os\n\n\ndef unrelated(): ...\n"),
        ("        return", "        # a remark from os\n        return"),
        ("from yaml import safe_load as load\nimport os\n", "import os\nfrom yaml import safe_load as load\n"),
    ],
)
async def test_what_does_not_concern_a_unit_does_not_make_it_unknown(memory: Memory, old: str, new: str) -> None:
    assert await is_known(memory, CODE, CODE.replace(old, new))


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("safe_load as load", "load"),
        ("from yaml import safe_load as load", "from yaml import unsafe_load as load"),
        ("class Reader(Trusted)", "class Reader(FromTheWeb)"),
        ("class Reader(Trusted)", "class Uploads(Trusted)"),
    ],
)
async def test_the_same_text_that_means_something_else_is_unknown(memory: Memory, old: str, new: str) -> None:
    assert not await is_known(memory, CODE, CODE.replace(old, new))


async def test_what_a_lesser_mode_says_does_not_take_the_place_of_what_precise_has_verified(memory: Memory) -> None:
    snapshot = await snapshot_of(CODE)
    unit = snapshot.units[-1]
    await memory.keep(snapshot, unit, VERIFIED)
    await memory.keep(snapshot, unit, PRELIMINARY)
    assert await memory.recall(snapshot, [unit]) == {unit.digest: VERIFIED}
    assert await memory.recall(snapshot, [unit], (Mode.HYBRID,)) == {unit.digest: PRELIMINARY}


async def test_another_model_of_the_same_mode_takes_its_place(memory: Memory) -> None:
    snapshot = await snapshot_of(CODE)
    unit = snapshot.units[-1]
    await memory.keep(snapshot, unit, VERIFIED)
    await memory.keep(snapshot, unit, replace(VERIFIED, model="two"))
    assert await memory.recall(snapshot, [unit]) == {unit.digest: replace(VERIFIED, model="two")}
