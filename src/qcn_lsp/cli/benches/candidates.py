"""`qcn-lsp bench candidates`: from the last key to the first diagnostics, beside the limit it is held to."""

import asyncio
import json
import platform
import statistics
import time
from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

from qcn_lsp.config.settings import ReviewSettings, RoutingSettings, Settings, Trigger
from qcn_lsp.core.document import Document

if TYPE_CHECKING:
    from qcn_lsp.session.client import ProgressReport

# From the last key to the candidates on a file of 1,000 lines.
LIMIT_MS = 300.0
LINES = 1000
_ROUNDS = 20
_KEYS = "value = 1"

_FUNCTION = """\
def handle_{n}(request, db):
    name = request.args.get("name_{n}")
    rows = []
    for index in range({n}):
        if index % 7 == {remainder}:
            rows.append((index, name))
        else:
            rows.append((index * {n}, str(index)))

    cursor = db.cursor()
    cursor.execute({query})
    total = sum(row[0] for row in rows)
    if total > {n}00:
        raise ValueError(f"too many rows: {{total}}")
    return {{"rows": rows, "total": total, "name": name}}


"""
_SAFE = '"SELECT id FROM users WHERE name = ?", (name,)'
_UNSAFE = "\"SELECT id FROM users WHERE name = '%s'\" % name"


def run(form: str) -> int:
    """Measures and prints, as `text` or `json`."""
    opened, edits = asyncio.run(_measure())
    figures = {
        "measured": f"analyzers alone, a generated Python file of {LINES} lines, {len(edits)} edits",
        "machine": f"{platform.machine()}, Python {platform.python_version()}",
        "open_ms": round(opened),
        "edit_median_ms": round(statistics.median(edits)),
        "edit_worst_ms": round(max(edits)),
        "limit_ms": round(LIMIT_MS),
        "median_of_limit": round(statistics.median(edits) / LIMIT_MS, 2),
        "worst_of_limit": round(max(edits) / LIMIT_MS, 2),
    }
    print(json.dumps(figures, indent=2) if form == "json" else _table(figures))
    return 0


def sample(lines: int) -> str:
    """A Python file of exactly so many lines, every tenth function with a SQL injection in it."""
    functions = (
        _FUNCTION.format(n=n, remainder=n % 7, query=_SAFE if n % 10 else _UNSAFE) for n in range(1, lines // 10)
    )
    return "\n".join("".join(functions).split("\n")[:lines])


class _Stopwatch:
    """An editor that only waits for diagnostics of the text as it is now."""

    def __init__(self) -> None:
        self.shown = asyncio.Event()
        self.up_to_date: Callable[[str], bool] = lambda _: False

    def findings_changed(self, uri: str) -> None:
        if self.up_to_date(uri):
            self.shown.set()

    def status_changed(self) -> None: ...

    def inform(self, text: str) -> None:
        raise RuntimeError(text)  # an analyzer that failed would make the figures worthless

    def begin_progress(self, title: str, cancel: Callable[[], None]) -> "ProgressReport":
        raise NotImplementedError(title)  # no model reviews here


async def _measure() -> tuple[float, list[float]]:
    """Milliseconds until the first diagnostics after opening, and after each edit."""
    from qcn_lsp.session.session import Session

    editor = _Stopwatch()
    settings = Settings(routing=RoutingSettings(review=()), review=ReviewSettings(trigger=Trigger.MANUAL))
    session = Session(editor, settings)
    editor.up_to_date = session.up_to_date
    text = sample(LINES)
    document = Document("untitled:bench.py", "bench.py", "python", text, 0, Path("/"))
    started = time.perf_counter()
    session.open(document)
    await editor.shown.wait()
    opened = (time.perf_counter() - started) * 1000
    edits = []
    for number in range(_ROUNDS):
        spot = text.index("    rows = []", len(text) * number // (_ROUNDS + 1))
        for keys in range(1, len(_KEYS) + 1):
            changed = f"{text[:spot]}    {_KEYS[:keys]}\n{text[spot:]}"
            document = replace(document, text=changed, version=number * 100 + keys)
            editor.shown.clear()
            session.change(document)
        last_key = time.perf_counter()
        await editor.shown.wait()
        edits.append((time.perf_counter() - last_key) * 1000)
    await session.shut_down()
    return opened, edits


def _table(figures: dict[str, object]) -> str:
    rows: Sequence[tuple[str, str]] = (
        ("measured", f"{figures['measured']} ({figures['machine']})"),
        ("open to diagnostics", f"{figures['open_ms']} ms, loading the analyzers included"),
        (
            "last key to diagnostics, median",
            f"{figures['edit_median_ms']} ms, {figures['median_of_limit']} of the limit",
        ),
        ("last key to diagnostics, worst", f"{figures['edit_worst_ms']} ms, {figures['worst_of_limit']} of the limit"),
        ("limit", f"{figures['limit_ms']} ms"),
    )
    return "\n".join(f"{name:<32} {value}" for name, value in rows)
