"""`qcn-lsp bench backend --chaos`: random load on three simulated servers that fail, hang, crash and come back.

Every request has to end in an answer, an error of the project's own, or a cancellation; no slot may stay taken; and
closing has to take less than a second. Exit code 1 if any of that is not so.
"""

import asyncio
import json
import random
import statistics
import sys
import tempfile
import time
from dataclasses import dataclass
from pathlib import Path

from qcn_lsp.cli.benches.candidates import sample
from qcn_lsp.cli.benches.chaos_load import Load, Outcomes
from qcn_lsp.cli.benches.chaos_servers import BATCH, FAULT_RATE, FAULTS, SPEED, Simulator
from qcn_lsp.config.published import PUBLISHED
from qcn_lsp.config.settings import Mode, RoutingSettings, Settings
from qcn_lsp.session.engine import Engine

CLOSE_LIMIT_SECONDS = 1.0

_FAILED = 1
_SILENCE_SECONDS = 3.0
_LINES = 300
_MODES = (Mode.PRECISE, Mode.HYBRID, Mode.NVFP4)
_BETWEEN_CRASHES_SECONDS = (10.0, 25.0)
_DOWN_SECONDS = (0.5, 5.0)
_SMALLER_CTX_RATE = 0.3
_SMALLER_CTX = 4096
_IDLE_PATIENCE_SECONDS = 10.0


@dataclass(frozen=True, slots=True)
class Result:
    """What the run came to."""

    seconds: float
    outcomes: Outcomes
    crashes: int
    requests: dict[str, int]
    aborted: dict[str, int]
    slots_taken: int
    busy_servers: tuple[str, ...]
    close_seconds: float
    busy_after_close: tuple[str, ...]

    @property
    def is_good(self) -> bool:
        """Whether nothing was lost."""
        defects = self.outcomes.unnamed.total() + self.outcomes.endless + self.slots_taken
        left = self.busy_servers + self.busy_after_close
        return not defects and not left and self.close_seconds <= CLOSE_LIMIT_SECONDS


def run(form: str, seconds: float, seed: int) -> int:
    """Runs, prints as `text` or `json`, and returns the exit code."""
    result = asyncio.run(_run(seconds, seed))
    print(json.dumps(_figures(result), indent=2) if form == "json" else _table(result, seed))
    return 0 if result.is_good else _FAILED


async def _run(seconds: float, seed: int) -> Result:
    with tempfile.TemporaryDirectory() as folder:
        simulators = [Simulator(mode, Path(folder), seed) for mode in _MODES]
        try:
            await asyncio.gather(*(one.start() for one in simulators))
            return await _measure(simulators, seconds, seed)
        finally:
            await asyncio.gather(*(one.kill() for one in simulators))


async def _measure(simulators: list[Simulator], seconds: float, seed: int) -> Result:
    backends = tuple(one.settings for one in simulators)
    # Without `embedded`: a review that nobody can make must end in an error that says so.
    settings = Settings(backends=backends, routing=RoutingSettings(review=_MODES))
    engine = Engine(settings, silence_limit_seconds=_SILENCE_SECONDS)
    load = Load(engine, seed)
    await load.prepare(sample(_LINES))
    over = asyncio.Event()
    crashes = asyncio.create_task(_crash(simulators, seed, over))
    telling = asyncio.create_task(_tell(load, seconds))
    started = time.monotonic()
    await load.run(seconds)
    over.set()
    await crashes  # every server is up again
    telling.cancel()
    taken = sum(engine.scheduler.running(one.mode) + engine.scheduler.waiting(one.mode) for one in simulators)
    busy = await _busy(simulators)
    load.start(3 * len(simulators))
    await asyncio.sleep(_DOWN_SECONDS[0])
    closing = time.monotonic()
    await engine.close()
    return Result(
        seconds=time.monotonic() - started,
        outcomes=load.outcomes,
        crashes=sum(one.starts - 1 for one in simulators),
        requests={one.mode.value: len(one.requests()) for one in simulators},
        aborted={one.mode.value: sum(bool(line["aborted"]) for line in one.requests()) for one in simulators},
        slots_taken=taken,
        busy_servers=busy,
        close_seconds=time.monotonic() - closing,
        busy_after_close=await _busy(simulators),
    )


async def _crash(simulators: list[Simulator], seed: int, over: asyncio.Event) -> None:
    """Kills one server after the other, and starts it again, at times with a smaller context; until it is over."""
    chance = random.Random(seed + 1)  # noqa: S311 - chance, not secrecy
    while not await _happens(over, within=chance.uniform(*_BETWEEN_CRASHES_SECONDS)):
        victim = chance.choice(simulators)
        await victim.kill()
        await asyncio.sleep(chance.uniform(*_DOWN_SECONDS))
        await victim.start(_SMALLER_CTX if chance.random() < _SMALLER_CTX_RATE else None)


async def _happens(event: asyncio.Event, *, within: float) -> bool:
    try:
        await asyncio.wait_for(event.wait(), within)
    except TimeoutError:
        return False
    return True


async def _tell(load: Load, seconds: float) -> None:
    """Says on a terminal how far it is."""
    started = time.monotonic()
    while sys.stderr.isatty():
        gone = time.monotonic() - started
        print(f"\r{gone:.0f} of {seconds:.0f} s, {load.outcomes.asked} requests ended", end="", file=sys.stderr)
        await asyncio.sleep(1)


async def _busy(simulators: list[Simulator]) -> tuple[str, ...]:
    """Which servers still work although nobody waits, after a moment in which they may notice."""
    until = time.monotonic() + _IDLE_PATIENCE_SECONDS
    while True:
        busy = tuple([one.mode.value for one in simulators if await one.is_busy()])
        if not busy or time.monotonic() > until:
            return busy
        await asyncio.sleep(max(one.batch_seconds for one in simulators) / 4)


def _figures(result: Result) -> dict[str, object]:
    outcomes = result.outcomes
    return {
        "servers": "simulated",
        "good": result.is_good,
        "seconds": round(result.seconds),
        "asked": outcomes.asked,
        "answered": dict(outcomes.answered),
        "answered_by": dict(outcomes.by_backend),
        "named_errors": dict(outcomes.failed),
        "cancelled": outcomes.cancelled,
        "unnamed_errors": dict(outcomes.unnamed),
        "endless": outcomes.endless,
        "crashes": result.crashes,
        "requests_on_servers": result.requests,
        "aborted_on_servers": result.aborted,
        "slots_taken_at_the_end": result.slots_taken,
        "busy_servers_at_the_end": list(result.busy_servers),
        "first_text_ms": _spread(outcomes.first_text_ms),
        "batch_ms": {str(mode): round(BATCH / PUBLISHED[mode].prompt_rate / SPEED * 1000) for mode in _MODES},
        "close_seconds": round(result.close_seconds, 3),
        "close_limit_seconds": CLOSE_LIMIT_SECONDS,
        "busy_servers_after_close": list(result.busy_after_close),
    }


def _spread(values: list[float]) -> dict[str, int]:
    if len(values) < 2:  # noqa: PLR2004 - quantiles need two
        return {}
    cuts = statistics.quantiles(values, n=20)
    return {"median": round(cuts[9]), "p95": round(cuts[18]), "worst": round(max(values))}


def _table(result: Result, seed: int) -> str:
    figures = _figures(result)
    limit = result.close_seconds / CLOSE_LIMIT_SECONDS
    rows = (
        ("measured", f"three simulated servers at {SPEED:g} times the published speed, seed {seed}"),
        ("faults", f"{FAULT_RATE:.0%} of the requests ({', '.join(FAULTS)}), {result.crashes} crashes"),
        ("asked", f"{figures['asked']} requests in {figures['seconds']} s"),
        ("answered", _counts(figures["answered"])),
        ("answered by", _counts(figures["answered_by"])),
        ("named errors", _counts(figures["named_errors"])),
        ("cancelled", str(figures["cancelled"])),
        ("other errors", _counts(figures["unnamed_errors"])),
        ("without end", str(figures["endless"])),
        ("requests on servers", _counts(figures["requests_on_servers"])),
        ("aborted on servers", _counts(figures["aborted_on_servers"])),
        ("slots taken at the end", str(figures["slots_taken_at_the_end"])),
        ("servers busy at the end", ", ".join(result.busy_servers) or "none"),
        (
            "completion, first text",
            f"{_counts(figures['first_text_ms'])} ms; one batch: {_counts(figures['batch_ms'])} ms",
        ),
        ("closing under load", f"{result.close_seconds:.2f} s, {limit:.2f} of the limit"),
        ("servers busy after closing", ", ".join(result.busy_after_close) or "none"),
        ("result", "nothing was lost" if result.is_good else "FAILED: see the rows above"),
    )
    return "\n".join(f"{name:<28} {value}" for name, value in rows)


def _counts(counts: object) -> str:
    return (
        ", ".join(f"{name} {count}" for name, count in counts.items())
        if isinstance(counts, dict) and counts
        else "none"
    )
