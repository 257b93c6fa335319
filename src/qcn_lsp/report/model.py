"""What a report is made of."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from qcn_lsp.core.finding import Finding


@dataclass(frozen=True, slots=True)
class Problem:
    """Something that could not be reviewed.

    Args:
        path: Relative to where the check ran, empty if it is about no single file.
        message: Why, and what to do.
    """

    path: str
    message: str

    def __str__(self) -> str:
        return f"{self.path} {self.message}" if self.path else self.message


@dataclass(frozen=True, slots=True)
class Stats:
    """What a check looked at and what it cost.

    Args:
        units: Units in scope.
        reviewed: Units a model reviewed to the end.
        from_cache: Units answered from the store.
        prompt_tokens: Tokens of all prompts.
        cached_tokens: Those of them the server had computed before.
        completion_tokens: Tokens generated.
        seconds: Wall time.
    """

    units: int = 0
    reviewed: int = 0
    from_cache: int = 0
    prompt_tokens: int = 0
    cached_tokens: int = 0
    completion_tokens: int = 0
    seconds: float = 0.0


@dataclass(frozen=True, slots=True)
class Report:
    """A finished check.

    Args:
        findings: In order of path and place.
        problems: What could not be reviewed.
        stats: Figures.
        lines: The lines of every file with findings, by path.
        reviewer: Who reviewed: the backend's name, mode and model; empty where no model did.
        notes: What the reader should know and what took nothing away: a better backend that is down.
    """

    findings: tuple[Finding, ...]
    problems: tuple[Problem, ...]
    stats: Stats
    lines: Mapping[str, Sequence[str]] = field(default_factory=dict)
    reviewer: str = ""
    notes: tuple[str, ...] = ()

    def line(self, path: str, number: int) -> str:
        """A line of a file, empty past its end."""
        lines = self.lines.get(path, ())
        return lines[number] if number < len(lines) else ""
