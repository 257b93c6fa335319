"""What a simulated server is asked to be."""

from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path

from qcn_lsp.simulator.profiles import Profile
from qcn_lsp.simulator.script import Entry


class Fault(StrEnum):
    """What goes wrong on purpose, in every request for a generation."""

    REFUSE = "refuse"  # nobody listens
    HANG = "hang"  # the request is accepted and never answered
    GARBAGE = "garbage"  # 200 and an event stream of nonsense
    CUT = "cut"  # the connection breaks in the middle of the answer
    MIDSTREAM = "midstream"  # an error object in the middle of the stream, as when llama.cpp cannot parse its model
    SLOW = "slow"  # a tenth of the speed
    SERVER_ERROR = "500"
    OVERFLOW = "overflow"  # every prompt is too long
    LINES = "lines"  # findings on lines that do not exist


@dataclass(frozen=True, slots=True)
class Options:
    """Settings of one simulated server.

    Args:
        profile: Speeds and context.
        script: What it answers.
        speed: How many times faster than published; 0 for no waiting at all.
        slots: Requests it serves at once.
        ctx: Context of a slot in tokens.
        load_seconds: How long it answers 503 after its start.
        fault: What goes wrong on purpose, or None.
        log: File that gets one JSON line a generation, or None.
    """

    profile: Profile
    script: tuple[Entry, ...]
    ctx: int
    speed: float = 1.0
    slots: int = 1
    load_seconds: float = 0.0
    fault: Fault | None = None
    log: Path | None = None
