"""What a server's log says while it loads: where the weights went, graph splits, context. Pure.

Line shapes of llama.cpp and ik_llama.cpp (which names no purpose for weights):

    load_tensors:   CPU_Mapped model buffer size =    92.10 MiB
    llm_load_tensors:      CUDA0 buffer size =  1403.21 MiB
    sched_reserve: graph: nodes = 939, splits = 1, ...   or   graph splits = 98

and of vLLM: "Model loading took 43.6 GiB", "GPU KV cache size: 559,232 tokens", "Maximum concurrency for 32,768 tokens
per request: 29.06x".
"""

import re
from dataclasses import dataclass

_BUFFER = re.compile(r":\s+(\S+)\s+(?:(model|KV|RS|compute|output)\s+)?buffer size =\s*([\d.]+) MiB")
_SPLITS = re.compile(r"graph splits = (\d+)|graph: nodes = \d+, splits = (\d+)")
_CTX = re.compile(r"\bn_ctx\s+= (\d+)")
_SLOT_CTX = re.compile(r"\bn_ctx_slot = (\d+)")
_LAYERS = re.compile(r"offloaded (\d+/\d+) layers to GPU")
_WEIGHTS = re.compile(r"(?:Model loading took|[Mm]odel weights take) ([\d.]+) ?GiB")
_KV_TOKENS = re.compile(r"KV cache size: ([\d,]+) tokens")
_CONCURRENCY = re.compile(r"Maximum concurrency for ([\d,]+) tokens per request: ([\d.]+)x")
_PURPOSES = {"": "weights", "model": "weights", "RS": "state"}

_COLOR = re.compile(r"\x1b\[[0-9;]*[A-Za-z]")
_MEMORY = re.compile(r"out of memory|OutOfMemory|failed to allocate|unable to allocate", re.IGNORECASE)
_FAILURE = re.compile(
    r"\berror\b|Error:|\bfail(?:ed|ure)\b|\bcannot\b|\bunable\b|not found|No such file", re.IGNORECASE
)
# Lines that only say that it ends, or point at an earlier line.
_EPILOGUE = re.compile(r"exiting due to|See root cause|cleaning up|Traceback|please check the input params")
_LONGEST_LINE = 300


@dataclass(frozen=True, slots=True)
class Buffer:
    """Memory the server took: `place` is `GPU` or `CPU`, `purpose` weights, KV, state, compute or output; MiB."""

    place: str
    purpose: str
    mib: float


@dataclass(frozen=True, slots=True)
class LogFacts:
    """What the log says, None where it does not.

    Args:
        buffers: Memory by place and purpose, summed.
        graph_splits: How often one token's work changes between CPU and GPU.
        ctx: Context in tokens.
        gpu_layers: Layers on the GPU, such as `49/49`.
        weights_gib: vLLM: GiB of the weights on the GPU.
        kv_tokens: vLLM: tokens that fit into the cache.
        concurrency: vLLM: requests of `ctx` tokens that fit at once.
    """

    buffers: tuple[Buffer, ...] = ()
    graph_splits: int | None = None
    ctx: int | None = None
    gpu_layers: str | None = None
    weights_gib: float | None = None
    kv_tokens: int | None = None
    concurrency: float | None = None


def read_facts(log: str) -> LogFacts:
    """Reads a log."""
    concurrency = _CONCURRENCY.search(log)
    ctx = _last(_CTX, log) or _last(_SLOT_CTX, log) or (concurrency[1] if concurrency else None)
    weights = _last(_WEIGHTS, log)
    return LogFacts(
        buffers=_buffers(log),
        graph_splits=_number(_last(_SPLITS, log)),
        ctx=_number(ctx),
        gpu_layers=_last(_LAYERS, log),
        weights_gib=float(weights) if weights else None,
        kv_tokens=_number(_last(_KV_TOKENS, log)),
        concurrency=float(concurrency[2]) if concurrency else None,
    )


def in_words(facts: LogFacts) -> list[str]:
    """One line a fact."""
    lines = []
    for place in ("GPU", "CPU"):
        sizes = [
            f"{buffer.purpose} {buffer.mib:,.0f} MiB"
            for buffer in facts.buffers
            if buffer.place == place and buffer.mib >= 1
        ]
        if sizes:
            lines.append(f"{place} memory: {', '.join(sizes)}")
    if facts.weights_gib is not None:
        lines.append(f"GPU memory: weights {facts.weights_gib:.1f} GiB")
    if facts.gpu_layers is not None:
        lines.append(f"layers on the GPU: {facts.gpu_layers}")
    if facts.graph_splits is not None:
        lines.append(f"graph splits: {facts.graph_splits}")
    if facts.ctx is not None:
        lines.append(f"context: {facts.ctx:,} tokens")
    if facts.kv_tokens is not None:
        times = f", {facts.concurrency:g} times the context" if facts.concurrency is not None else ""
        lines.append(f"cache: {facts.kv_tokens:,} tokens{times}")
    return lines


def telling_line(log: str) -> str:
    """The line that best says why a server ended: memory first, then the last complaint, then the last line."""
    lines = [line for line in map(printable, log.splitlines()) if line]
    memory = [line for line in lines if _MEMORY.search(line)]
    failures = [line for line in lines if _FAILURE.search(line) and not _EPILOGUE.search(line)]
    return next((chosen[-1] for chosen in (memory, failures, lines) if chosen), "")


def printable(line: str) -> str:
    """A line of a log without colours and control characters, not too long."""
    text = "".join(character if character.isprintable() else " " for character in _COLOR.sub("", line))
    return " ".join(text.split())[:_LONGEST_LINE]


def _buffers(log: str) -> tuple[Buffer, ...]:
    sizes: dict[tuple[str, str], float] = {}
    for device, purpose, mib in _BUFFER.findall(log):
        # Memory of the host that a GPU reads directly is the host's memory all the same.
        place = "CPU" if device.startswith("CPU") or device.endswith("_Host") else "GPU"
        key = place, _PURPOSES.get(purpose, purpose)
        sizes[key] = sizes.get(key, 0.0) + float(mib)
    return tuple(Buffer(place, purpose, round(mib, 2)) for (place, purpose), mib in sizes.items())


def _last(pattern: re.Pattern[str], log: str) -> str | None:
    found = None
    for match in pattern.finditer(log):
        found = next(group for group in match.groups() if group)
    return found


def _number(text: str | None) -> int | None:
    return int(text.replace(",", "")) if text else None
