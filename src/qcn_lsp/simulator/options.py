"""What a simulated server is asked to be."""

from dataclasses import dataclass, field
from enum import StrEnum
from pathlib import Path

from qcn_lsp.config.published import Published
from qcn_lsp.simulator.script import Script

DEFAULT_BATCH = 2048
"""Of the llama family, and of the published commands."""


class Fault(StrEnum):
    """What goes wrong on purpose in a request for a generation."""

    REFUSE = "refuse"  # nobody listens
    HANG = "hang"  # the request is accepted and never answered
    GARBAGE = "garbage"  # 200 and an event stream of nonsense
    CUT = "cut"  # the connection breaks in the middle of the answer
    MIDSTREAM = "midstream"  # an error object in the middle of the stream
    SLOW = "slow"  # a tenth of the speed
    SERVER_ERROR = "500"
    OVERFLOW = "overflow"  # the prompt is said to be too long
    LINES = "lines"  # findings on lines that do not exist


@dataclass(frozen=True, slots=True)
class Options:
    """Settings of one simulated server.

    Args:
        published: Speeds and context.
        script: What it answers.
        ctx: Context of a slot in tokens.
        speed: How many times faster than published; 0 for no waiting at all.
        slots: Requests it serves at once.
        batch: Prompt tokens read at once.
        load_seconds: How long it is not ready after its start.
        faults: What goes wrong on purpose; of several, one a request.
        fault_rate: Share of the requests for a generation that suffer a fault, 0 to 1.
        seed: Decides which ones.
        log: File that gets one JSON line a generation, or None.
        api_key: What requests must carry, or None.
        metrics: Whether the llama family serves `/metrics`; vLLM always does.
        prompt_tokens_details: Whether vLLM tells what came from its cache; the llama family always does.
    """

    published: Published
    script: Script
    ctx: int
    speed: float = 1.0
    slots: int = 1
    batch: int = DEFAULT_BATCH
    load_seconds: float = 0.0
    faults: tuple[Fault, ...] = ()
    fault_rate: float = 1.0
    seed: int = 0
    log: Path | None = None
    api_key: str | None = field(default=None, repr=False)
    metrics: bool = False
    prompt_tokens_details: bool = False
