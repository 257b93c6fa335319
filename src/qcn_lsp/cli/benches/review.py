"""`qcn-lsp bench review`: what an editing session costs on the slow server, beside the limit and asking about all.

Ten edits in ten functions of a real file of some 600 lines (Python's own `http/cookies.py`), each saved; then a
comment, an undo, another branch and back, and a restart. Without `--backend` the servers are simulators, and all
seconds are those of the published speeds.
"""

import asyncio
import json
import statistics
import tempfile
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

from qcn_lsp.cli.benches.review_session import Editing, Step
from qcn_lsp.config.published import PUBLISHED
from qcn_lsp.config.settings import BackendSettings, Mode, RoutingSettings, ServerKind, Settings
from qcn_lsp.core.generation import Usage
from qcn_lsp.simulator import tokenizer

ALLOWED_FACTOR, ALLOWED_SECONDS = 1.5, 1.0
"""A clean changed function may cost so many times the limit, and so many seconds more."""
WHOLE_FILE_FACTOR = 10.0
"""So many times less than asking about the whole file at every save."""
FIRST_OPINION_SECONDS = 2.0
"""In which a fast server gives its opinion."""

_PRECISE, _FAST = PUBLISHED[Mode.PRECISE], PUBLISHED[Mode.NVFP4]
# Whoever sends the whole file sends instructions too, and gets a JSON object with keys, a message and a suggestion.
_JSON_PROMPT_TOKENS, _JSON_ANSWER_TOKENS = 250, 120
_FAILED = 1


@dataclass(frozen=True, slots=True)
class Row:
    """One step of the session. Seconds on the slow server, and what they would be otherwise."""

    step: Step
    typing_seconds: float
    seconds: float
    fast_seconds: float
    whole_file: float
    limit: float


def run(form: str, backend: str | None, *, cascade: bool) -> int:
    """Measures and prints, as `text` or `json`.

    Args:
        form: `text` or `json`.
        backend: Address of a real llama.cpp server, None for simulators.
        cascade: Whether a fast server gives its opinion first.

    Returns:
        The exit code: 1 if it costs more than it may.
    """
    rows = asyncio.run(_measure(backend, cascade=cascade))
    figures = _figures(rows, backend, cascade=cascade and not backend)
    print(json.dumps(figures, indent=2) if form == "json" else _table(rows, figures))
    return 0 if figures["good"] else _FAILED


async def _measure(backend: str | None, *, cascade: bool) -> list[Row]:
    with tempfile.TemporaryDirectory() as folder:
        if backend:
            return await _replay(
                Path(folder), (BackendSettings("precise", Mode.PRECISE, ServerKind.LLAMA_CPP, backend),)
            )
        from qcn_lsp.cli.benches.review_servers import simulated

        async with simulated((Mode.PRECISE, Mode.NVFP4) if cascade else (Mode.PRECISE,)) as servers:
            return await _replay(Path(folder), tuple(servers.values()))


async def _replay(folder: Path, servers: tuple[BackendSettings, ...]) -> list[Row]:
    preview = tuple(one.mode for one in servers if one.mode is not Mode.PRECISE)
    settings = Settings(servers, RoutingSettings(review=(Mode.PRECISE,), preview=preview))
    return [_row(step) async for step in Editing(folder, settings).steps()]


def _row(step: Step) -> Row:
    whole = tokenizer.count(step.text) + _JSON_PROMPT_TOKENS
    unit = tokenizer.count(step.unit)
    return Row(
        step,
        typing_seconds=_seconds(step.typing.usage),
        seconds=_seconds(step.precise.usage),
        fast_seconds=_at_published_speed(step.fast.usage),
        whole_file=_PRECISE.prompt_seconds(whole) + _PRECISE.generation_seconds(_JSON_ANSWER_TOKENS),
        limit=_PRECISE.prompt_seconds(unit) + _PRECISE.generation_seconds(1) if unit else 0.0,
    )


def _seconds(usage: Usage) -> float:
    return usage.prompt_seconds + usage.completion_seconds


def _at_published_speed(usage: Usage) -> float:
    """For the fast server, which tells no seconds: what is measured here is those of a simulator in a hurry."""
    read = usage.read_tokens
    return _FAST.prompt_seconds(read) + _FAST.generation_seconds(usage.completion_tokens)


def _figures(rows: list[Row], backend: str | None, *, cascade: bool) -> dict[str, object]:
    edits, others = [row for row in rows if row.limit], [row for row in rows if not row.limit]
    median = statistics.median(row.seconds for row in edits)
    limit = statistics.median(row.limit for row in edits)
    allowed = ALLOWED_FACTOR * limit + ALLOWED_SECONDS
    session, whole = _total(row.seconds + row.typing_seconds for row in rows), _total(row.whole_file for row in rows)
    firsts = [row.fast_seconds for row in edits if row.step.fast.requests]
    reviewed = sum(row.step.precise.requests > 0 for row in edits)
    good = (
        reviewed == len(edits)  # else nothing was measured
        and len(firsts) == (len(edits) if cascade else 0)
        and median <= allowed
        and whole >= WHOLE_FILE_FACTOR * session
        and not any(_requests(row) for row in others)
        and all(seconds <= FIRST_OPINION_SECONDS for seconds in firsts)
    )
    return {
        "server": backend or "simulated, seconds at the published speeds",
        "good": good,
        "reviewed_edits": reviewed,
        "median_seconds": round(median, 2),
        "median_limit_seconds": round(limit, 2),
        "allowed_seconds": round(allowed, 2),
        "median_of_limit": round(median / limit, 2),
        "session_seconds": round(session, 1),
        "whole_file_seconds": round(whole, 1),
        "whole_file_factor": round(whole / session, 1) if session else None,
        "requests_for_nothing_new": sum(_requests(row) for row in others),
        "slowest_first_opinion_seconds": round(max(firsts), 2) if firsts else None,
        "cached_share": round(_cached_share(rows), 2),
        "steps": [_step(row) for row in rows],
    }


def _cached_share(rows: list[Row]) -> float:
    read = [_both(row) for row in rows]
    return _total(one.cached_tokens or 0 for one in read) / max(1, _total(one.prompt_tokens for one in read))


def _both(row: Row) -> Usage:
    return row.step.typing.usage + row.step.precise.usage


def _requests(row: Row) -> int:
    return row.step.typing.requests + row.step.precise.requests + row.step.fast.requests


def _total(values: Iterable[float]) -> float:
    return sum(values)


def _step(row: Row) -> dict[str, object]:
    usage = row.step.precise.usage
    return {
        "what": row.step.what,
        "requests": row.step.precise.requests,
        "new_prompt_tokens": usage.read_tokens,
        "cached_prompt_tokens": usage.cached_tokens or 0,
        "generated_tokens": usage.completion_tokens,
        "seconds_while_typing": round(row.typing_seconds, 2),
        "seconds": round(row.seconds, 2),
        "first_opinion_seconds": round(row.fast_seconds, 2),
        "limit_seconds": round(row.limit, 2),
        "whole_file_seconds": round(row.whole_file, 1),
    }


def _table(rows: list[Row], figures: dict[str, object]) -> str:
    whole = f"{figures['whole_file_seconds']} s, {figures['whole_file_factor']} times as much"
    summary = (
        ("edits that were reviewed", f"{figures['reviewed_edits']} of {sum(row.limit > 0 for row in rows)}"),
        ("an edited function, median", f"{figures['median_seconds']} s, {figures['median_of_limit']} of the limit"),
        ("limit, and what is allowed", f"{figures['median_limit_seconds']} s, {figures['allowed_seconds']} s"),
        ("the session", f"{figures['session_seconds']} s; with the whole file at every save: {whole}"),
        ("slowest first opinion", f"{figures['slowest_first_opinion_seconds'] or '-'} s"),
        ("requests for nothing new", str(figures["requests_for_nothing_new"])),
        ("prompt tokens from cache", f"{figures['cached_share']:.0%}"),
        ("result", "as it should be" if figures["good"] else "NOT AS IT SHOULD BE: see the rows above"),
    )
    lines = [f"server: {figures['server']}", "", _HEAD.format(*_COLUMNS), *(_line(row) for row in rows), ""]
    return "\n".join([*lines, *(f"{name:<28} {value}" for name, value in summary)])


_COLUMNS = ("step", "requests", "new", "cached", "written", "typing", "seconds", "limit", "whole file", "first opinion")
_HEAD = "{:<18}{:>9}{:>7}{:>8}{:>9}{:>9}{:>9}{:>8}{:>12}{:>15}"


def _line(row: Row) -> str:
    step = _step(row)
    figures = (
        *(step[name] for name in ("requests", "new_prompt_tokens", "cached_prompt_tokens", "generated_tokens")),
        *(f"{seconds:.2f}" for seconds in (row.typing_seconds, row.seconds, row.limit, row.whole_file)),
        f"{row.fast_seconds:.2f}" if row.step.fast.requests else "",
    )
    return _HEAD.format(step["what"], *figures)
