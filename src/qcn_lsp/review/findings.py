"""Puts together what is shown for a file: verdicts where a model has looked, candidates where none has yet."""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace

from qcn_lsp.core.candidate import Candidate, candidates_in
from qcn_lsp.core.finding import Finding, FindingState, fingerprint
from qcn_lsp.core.severity import Severity
from qcn_lsp.core.unit import Unit
from qcn_lsp.review.anchoring import CONFIDENCE_CANDIDATE, AnchoredFlaw, place, span_of_line
from qcn_lsp.review.matching import confirms, same_weakness
from qcn_lsp.review.outcome import UnitReview


def findings_of(
    path: str,
    lines: Sequence[str],
    units: Iterable[Unit],
    candidates: Sequence[Candidate],
    reviews: Mapping[str, UnitReview],
) -> tuple[Finding, ...]:
    """Every finding of a file, in order of place.

    Args:
        path: Relative to the workspace.
        lines: The file's lines.
        units: The units in scope.
        candidates: The analyzers' candidates of the whole file.
        reviews: Reviews by the digest of their unit.
    """
    found: list[Finding] = []
    for unit in units:
        inside = candidates_in(unit.lines, candidates)
        review = reviews.get(unit.digest)
        if review:
            found.extend(_from_flaw(path, lines, unit, flaw) for flaw in review.flaws)
            inside = [one for one in inside if not _decided(one, unit, lines, review)]
        found.extend(_from_candidate(path, lines, unit, candidate) for candidate in inside)
    return _numbered(sorted(found, key=lambda finding: (finding.span, finding.cwe, finding.message)))


def shown(findings: Iterable[Finding], states: Sequence[FindingState], least: Severity) -> tuple[Finding, ...]:
    """The findings the user wants to see."""
    return tuple(one for one in findings if one.state in states and one.severity.rank >= least.rank)


def _decided(candidate: Candidate, unit: Unit, lines: Sequence[str], review: UnitReview) -> bool:
    """Whether a review has said something of a candidate; what analyzers find only since then it has not."""
    if review.decisive:  # it has looked at every line, and lines may have been wrapped since
        return any(same_weakness(flaw.cwe, candidate.cwe) for flaw in review.flaws)
    return any(confirms(place(flaw, unit, lines), flaw.cwe, candidate) for flaw in review.flaws)


def _from_flaw(path: str, lines: Sequence[str], unit: Unit, flaw: AnchoredFlaw) -> Finding:
    line = place(flaw, unit, lines)
    return Finding(
        fingerprint=fingerprint(path, flaw.cwe, unit.name, flaw.text),
        path=path,
        span=span_of_line(line, lines[line]),
        cwe=flaw.cwe,
        severity=flaw.severity,
        confidence=flaw.confidence,
        state=flaw.state,
        backend=flaw.backend,
        message=flaw.message,
        rule=flaw.rule,
    )


def _from_candidate(path: str, lines: Sequence[str], unit: Unit, candidate: Candidate) -> Finding:
    return Finding(
        fingerprint=fingerprint(path, candidate.cwe, unit.name, lines[candidate.span.start.line]),
        path=path,
        span=candidate.span,
        cwe=candidate.cwe,
        severity=candidate.severity,
        confidence=CONFIDENCE_CANDIDATE,
        state=FindingState.CANDIDATE,
        backend="embedded",
        message=candidate.message,
        rule=candidate.rule,
    )


def _numbered(findings: Iterable[Finding]) -> tuple[Finding, ...]:
    """Two equal lines in one unit share a fingerprint; their occurrence tells them apart."""
    seen: Counter[str] = Counter()
    numbered = []
    for finding in findings:
        numbered.append(replace(finding, occurrence=seen[finding.fingerprint]))
        seen[finding.fingerprint] += 1
    return tuple(numbered)
