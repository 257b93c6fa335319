"""What a server has done since it started, and its Prometheus text."""

from collections.abc import Iterable
from dataclasses import dataclass

from qcn_lsp.simulator.generation import Generation


@dataclass(slots=True)
class Totals:
    """Tokens, and seconds at the published speed."""

    prompt_tokens: int = 0
    cached_tokens: int = 0
    prompt_seconds: float = 0.0
    completion_tokens: int = 0
    completion_seconds: float = 0.0
    longest: int = 0

    def add(self, generation: Generation) -> None:
        """Counts a generation that has ended."""
        self.prompt_tokens += generation.processed
        self.cached_tokens += generation.work.cached_tokens
        self.prompt_seconds += generation.prompt_seconds
        self.completion_tokens += generation.decoded
        self.completion_seconds += generation.completion_seconds
        self.longest = max(self.longest, generation.work.cached_tokens + generation.processed + generation.decoded)


@dataclass(frozen=True, slots=True)
class Metric:
    """One figure. `kind` is `counter` or `gauge`; `labels` is empty or what stands between the braces."""

    name: str
    kind: str
    value: float
    help: str
    labels: str = ""


def prometheus(metrics: Iterable[Metric]) -> str:
    """The text of `/metrics`."""
    return "".join(
        f"# HELP {metric.name} {metric.help}\n# TYPE {metric.name} {metric.kind}\n"
        f"{metric.name}{f'{{{metric.labels}}}' if metric.labels else ''} {metric.value:g}\n"
        for metric in metrics
    )


def rate(tokens: int, seconds: float) -> float:
    """Tokens a second, 0 for none."""
    return tokens / seconds if seconds > 0 else 0.0
