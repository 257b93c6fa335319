"""A verdict: what the model says about a unit, not yet checked against the code."""

from dataclasses import dataclass

from qcn_lsp.core.severity import Severity


@dataclass(frozen=True, slots=True)
class Verdict:
    """One flaw the model reports.

    Args:
        line: The line as numbered in the question, from 1.
        cwe: The weakness' number, not yet known to exist.
        severity: How bad.
        anchor: Text the model quotes from that line.
        reason: One clause for the user.
    """

    line: int
    cwe: int
    severity: Severity
    anchor: str
    reason: str
