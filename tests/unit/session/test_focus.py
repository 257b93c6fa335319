"""After an edit only what it touched is analyzed, and the candidates are those of a whole analysis."""

import asyncio

import pytest

from qcn_lsp.core.document import Document
from qcn_lsp.session.focus import Analyzed, focus
from qcn_lsp.session.snapshot import Snapshot, take_snapshot

BEFORE = """\
import hashlib

KEY = 1

class Shop:
# a remark at the margin
    def find(self, db, name):
        return db.execute("SELECT * FROM t WHERE n = '%s'" % name)

    def tag(self, text):
        return hashlib.md5(text)

def late(text):
    return eval(text)
"""


def document(text: str) -> Document:
    return Document("file:///a.py", "a.py", "python", text)


def analyzed(snapshot: Snapshot) -> Analyzed:
    return Analyzed(snapshot.document.lines, snapshot.units, snapshot.candidates)


EDITS = {
    "in a method": ("hashlib.md5(text)", "hashlib.md5(text + text)"),
    "a flaw that goes": ("eval(text)", "text"),
    "a flaw that comes": ("return eval(text)", "exec(text)\n    return eval(text)"),
    "lines above": ("KEY = 1", "KEY = 1\n\n\n# more"),
    "an import": ("import hashlib", "import hashlib as h"),
    "a new function": ("def late", "def more(x):\n    return eval(x)\n\ndef late"),
    "a method moved out of its class": ("    def tag(self, text):\n        return", "def tag(self, text):\n    return"),
    "nothing left": (BEFORE, ""),
}


@pytest.mark.parametrize("edit", EDITS.values(), ids=EDITS)
async def test_the_candidates_are_those_of_a_whole_analysis(edit: tuple[str, str]) -> None:
    before = await take_snapshot(document(BEFORE))
    assert before.candidates
    after = document(BEFORE.replace(*edit))
    whole, focused = await asyncio.gather(take_snapshot(after), take_snapshot(after, before))
    assert focused.units == whole.units
    assert focused.candidates == whole.candidates


async def test_untouched_functions_are_not_looked_at_again() -> None:
    before = await take_snapshot(document(BEFORE))
    after = document(BEFORE.replace("eval(text)", "eval(text + '')"))
    now = await take_snapshot(after)
    left = focus(after, now.units, analyzed(before))
    assert "md5" not in left.text
    assert "SELECT" not in left.text
    assert "eval(text + '')" in left.text
    assert len(left.text.split("\n")) == len(after.lines)
    assert [one.cwe for one in left.kept] == [89, 328]


async def test_new_surroundings_are_looked_at_with_everything_in_them() -> None:
    before = await take_snapshot(document(BEFORE))
    after = document(BEFORE.replace("KEY = 1", "KEY = 2"))
    now = await take_snapshot(after)
    assert focus(after, now.units, analyzed(before)).text == after.text


async def test_while_the_code_is_broken_functions_that_read_the_same_keep_their_candidates() -> None:
    before = await take_snapshot(document(BEFORE))
    broken = await take_snapshot(document(BEFORE.replace("def late(text):", "def late(text) -> str | (:")), before)
    assert [one.cwe for one in broken.candidates][:2] == [89, 328]
    mended = await take_snapshot(document(BEFORE), broken)
    assert mended.candidates == before.candidates


async def test_a_text_no_grammar_comes_to_an_end_with_is_not_reviewed() -> None:
    given_up = await take_snapshot(Document("file:///a.tsx", "a.tsx", "typescriptreact", "export const o[n=(l}"))
    assert given_up.units == ()
    assert given_up.failures == ("a.tsx: cannot be parsed in time; not reviewed",)


async def test_what_broken_code_hid_is_found_when_it_is_mended() -> None:
    opened = "import pickle\ndef f(x):\n    return pickle.loads(x)\ndef g(a):\n    return a'\n"
    broken = await take_snapshot(document(opened))
    mended = await take_snapshot(document(opened.replace("'", "")), broken)
    assert [one.cwe for one in mended.candidates] == [502]


async def test_surroundings_that_changed_while_the_code_was_broken_count_when_it_is_mended() -> None:
    text = "import xml.etree.ElementTree as ET\ndef f(x):\n    return ET.parse(x)\ndef g(a):\n    return a\n"
    whole = await take_snapshot(document(text))
    broken = await take_snapshot(document(text.replace("return a", "return a(")), whole)
    without = await take_snapshot(document("x = 1\n" + text.split("\n", 1)[1].replace("return a", "return a(")), broken)
    mended = document("x = 1\n" + text.split("\n", 1)[1])
    assert (await take_snapshot(mended, without)).candidates == (await take_snapshot(mended)).candidates
