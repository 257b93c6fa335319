"""Reviews as the store keeps them: under what key, and as what text."""

import asyncio
import json
import re
from collections.abc import Iterable, Sequence
from functools import cache
from hashlib import blake2b
from typing import TYPE_CHECKING

from qcn_lsp.config.settings import Mode
from qcn_lsp.core.unit import Unit
from qcn_lsp.prompting.answer_format import REVIEW_ANSWER
from qcn_lsp.prompting.texts import fingerprint
from qcn_lsp.review.outcome import UnitReview
from qcn_lsp.session.snapshot import Snapshot
from qcn_lsp.storage.async_store import AsyncStore
from qcn_lsp.syntax.outline import Outline, called_names

if TYPE_CHECKING:
    from pydantic import TypeAdapter

# Changes when what is kept of a review does.
_VERSION = 2

# Of the best first: what one has said never takes the place of what another has.
_MODES = (Mode.PRECISE, Mode.HYBRID, Mode.NVFP4)
_WORD = re.compile(r"\w+")
# Words of every import in most languages; they say nothing of what is imported.
_IMPORTING = frozenset({"import", "from", "as"})


def key_of(snapshot: Snapshot, unit: Unit) -> str:
    """What a review depends on: the unit, what its names mean, and the texts of the question.

    What its names mean is told by the heads of the classes around it, the signatures of what it calls in its file, and
    the imports that share a word with it. Neither path nor line is part of it: a function that was moved, a file that
    was renamed, and a branch that was left and entered again are known. Nor is the model: that is kept with the review,
    which can be shown before any server has said what it serves.
    """
    outline = snapshot.outline
    called = called_names(snapshot.parsed, unit.lines)
    signatures = [
        one.text
        for one in outline.signatures
        if one.name.rpartition(".")[2] in called or unit.name.startswith(f"{one.name}.")
    ]
    context = (signatures, _imports_of(snapshot, unit, outline))
    parts = (_VERSION, _question_version(), snapshot.document.language, unit.kind.value, unit.digest, context)
    return blake2b(json.dumps(parts).encode("utf-8", "surrogatepass"), digest_size=20).hexdigest()


def _imports_of(snapshot: Snapshot, unit: Unit, outline: Outline) -> list[str]:
    """The imports that may give a unit's names their meaning, in an order that does not depend on theirs."""
    if not outline.imports:
        return []
    start, end = snapshot.parsed.bytes_of(unit.lines)
    words = set(_WORD.findall(snapshot.code[start:end].decode("utf-8", "replace"))) - _IMPORTING
    return sorted({text for text in outline.imports if "*" in text or not words.isdisjoint(_WORD.findall(text))})


def to_text(review: UnitReview) -> str:
    """A finished review as JSON."""
    return _adapter().dump_json(review).decode()


def from_text(text: str) -> UnitReview | None:
    """The review, None if the text is none: the store is only a file."""
    from pydantic import ValidationError

    try:
        review = _adapter().validate_json(text)
    except ValidationError:
        return None
    return review if review.complete else None


@cache
def _adapter() -> "TypeAdapter[UnitReview]":
    from pydantic import TypeAdapter  # not before the first review is read

    return TypeAdapter(UnitReview)


def _with(key: str, mode: str) -> str:
    return f"{key} {mode}"


@cache
def _question_version() -> str:
    return fingerprint(REVIEW_ANSWER.grammar)


class Memory:
    """What was reviewed before, in this run of an editor or an earlier one.

    Args:
        store: Where it is kept, None for nowhere.
    """

    def __init__(self, store: AsyncStore | None = None) -> None:
        self._store = store

    async def recall(
        self, snapshot: Snapshot, units: Iterable[Unit], modes: Sequence[Mode] = _MODES
    ) -> dict[str, UnitReview]:
        """Finished reviews of units, by digest: of each the one by the best of these modes."""
        todo = {unit.digest: unit for unit in units}
        if self._store is None or not todo:
            return {}

        def keys() -> dict[str, tuple[str, ...]]:
            by_digest = {digest: key_of(snapshot, unit) for digest, unit in todo.items()}
            return {
                digest: tuple(_with(key, mode) for mode in _MODES if mode in modes) for digest, key in by_digest.items()
            }

        wanted = await asyncio.to_thread(keys)  # in a large file this takes longer than a key may wait
        texts = await self._store.get([key for keys_of_one in wanted.values() for key in keys_of_one])
        found = {
            digest: next((review for key in keys_of_one if (review := from_text(texts.get(key, "")))), None)
            for digest, keys_of_one in wanted.items()
        }
        return {digest: review for digest, review in found.items() if review}

    async def keep(self, snapshot: Snapshot, unit: Unit, review: UnitReview) -> None:
        """Remembers a review that is finished."""
        if self._store and review.complete:
            await self._store.put({_with(key_of(snapshot, unit), review.mode): to_text(review)})

    async def clear(self) -> int:
        """Forgets everything; returns how many reviews that were."""
        return await self._store.clear() if self._store else 0

    async def close(self) -> None:
        """Lets go of the store once everything is kept."""
        if self._store:
            await self._store.close()
