"""The editing session of the review benchmark: what is typed and saved, and what each step cost."""

import http.cookies
import re
import subprocess
from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

from qcn_lsp.config.settings import Mode, Settings
from qcn_lsp.core.document import Document
from qcn_lsp.session.engine import Spent
from qcn_lsp.session.session import Session
from qcn_lsp.session.watch import Progress
from qcn_lsp.storage.async_store import AsyncStore

if TYPE_CHECKING:
    from qcn_lsp.session.client import ProgressReport

EDITS = 10
_NAME = "cookies.py"
# The line after a function's head, with the indentation of its body.
_BODY = re.compile(r"^( *)def \w+\([^)]*\):\n(?=\1    \S)", re.MULTILINE)


@dataclass(frozen=True, slots=True)
class Step:
    """One thing the user did, and what it cost.

    Args:
        what: In words.
        text: The file as it was then.
        unit: The text of the function that changed in meaning, empty for none.
        typing: On the slow server, before it was saved.
        precise: On the slow server, from saving on.
        fast: On the fast one, from saving on.
    """

    what: str
    text: str
    unit: str
    typing: Spent
    precise: Spent
    fast: Spent


@dataclass(slots=True)
class _Editor:
    """Waits for nothing but the end of reviews."""

    told: list[str] = field(default_factory=list)

    def findings_changed(self, uri: str) -> None: ...

    def status_changed(self) -> None: ...

    def inform(self, text: str) -> None:
        self.told.append(text)

    def begin_progress(self, title: str, cancel: Callable[[], None]) -> "ProgressReport":  # noqa: ARG002 - nobody cancels
        return _Bar()


class _Bar:
    def report(self, progress: Progress, done: int, total: int) -> None: ...

    def end(self, text: str) -> None: ...


class Editing:
    """Replays the session in a folder of its own.

    Args:
        folder: An empty one.
        settings: Whose servers are asked.
    """

    def __init__(self, folder: Path, settings: Settings) -> None:
        self._folder = folder / "project"
        self._store = folder / "store" / "reviews.sqlite3"
        self._settings = settings
        self._text = Path(http.cookies.__file__).read_text("utf-8")
        self._version = 0
        self._session = self._start()

    async def steps(self) -> AsyncIterator[Step]:
        """Each step, when every review of it is over."""
        self._commit()
        self._session.open(self._document())
        yield await self._step("open", "")
        original, before_last = self._text, self._text
        for number in range(EDITS):
            before_last = self._text
            yield await self._edit(number)
        edited = self._text
        yield await self._save("a comment", edited.replace("):\n", "):  # a remark\n", 3))
        yield await self._save("undo", before_last)
        yield await self._save("redo", edited)
        yield await self._save("another branch", original)
        yield await self._save("the branch again", edited)
        await self._session.shut_down()
        self._session = self._start()
        self._session.open(self._document())
        yield await self._step("restart", "")
        await self._session.shut_down()

    async def _edit(self, number: int) -> Step:
        bodies = list(_BODY.finditer(self._text))
        body = bodies[number * len(bodies) // EDITS]
        inserted = f"{body[1]}    marked_{number} = {number}\n"
        unit = _function_at(self._text, body.start(), body[1])
        changed = self._text[: body.end()] + inserted + self._text[body.end() :]
        return await self._save(f"edit {number + 1}", changed, unit + inserted)

    async def _save(self, what: str, text: str, unit: str = "") -> Step:
        """Types, waits a moment as people do, and saves."""
        self._text = text
        uri = self._document().uri
        before = dict(self._session.engine.spent)
        self._session.change(self._document())
        await self._session.finished()
        typing = self._spent(before)
        (self._folder / _NAME).write_text(text, "utf-8")
        self._session.save(uri)
        return await self._step(what, unit, typing.get(Mode.PRECISE, Spent()))

    async def _step(self, what: str, unit: str, typing: Spent = Spent()) -> Step:  # noqa: B008 - it is frozen
        before = dict(self._session.engine.spent)
        await self._session.finished()
        spent = self._spent(before)
        fast = next((cost for mode, cost in spent.items() if mode is not Mode.PRECISE), Spent())
        return Step(what, self._text, unit, typing, spent[Mode.PRECISE], fast)

    def _spent(self, before: dict[str, Spent]) -> dict[Mode, Spent]:
        after = self._session.engine.spent
        return {
            one.mode: _difference(after.get(one.name, Spent()), before.get(one.name, Spent()))
            for one in self._settings.backends
        }

    def _start(self) -> Session:
        return Session(_Editor(), self._settings, lambda tell: AsyncStore(self._store, tell=tell))

    def _document(self) -> Document:
        self._version += 1
        uri = (self._folder / _NAME).as_uri()
        return Document(uri, _NAME, "python", self._text, self._version, self._folder)

    def _commit(self) -> None:
        self._folder.mkdir()
        (self._folder / _NAME).write_text(self._text, "utf-8")
        identity = ("-c", "user.name=a", "-c", "user.email=a@example.com")
        for command in (("init", "-q"), ("add", "-A"), (*identity, "commit", "-q", "-m", "one")):
            subprocess.run(["git", *command], cwd=self._folder, check=True, capture_output=True)  # noqa: S603, S607 - fixed words


def _function_at(text: str, start: int, indentation: str) -> str:
    """A function's text, to the next line that is not deeper than its head."""
    end = re.compile(rf"^ {{0,{len(indentation)}}}\S", re.MULTILINE).search(text, text.index("\n", start) + 1)
    return text[start : end.start() if end else len(text)]


def _difference(after: Spent, before: Spent) -> Spent:
    return Spent(after.requests - before.requests, after.usage - before.usage)
