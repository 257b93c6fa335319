"""One unit's review while its answer streams, and when it is over."""

from collections.abc import Sequence
from dataclasses import dataclass, replace

from qcn_lsp.core.candidate import Candidate
from qcn_lsp.core.finding import FindingState
from qcn_lsp.core.positions import LineRange
from qcn_lsp.core.severity import Severity
from qcn_lsp.core.unit import Unit
from qcn_lsp.core.verdict import Verdict
from qcn_lsp.review.anchoring import CONFIDENCE_ALONE, AnchoredFlaw, Rejection, check, collapse, with_rule
from qcn_lsp.review.matching import confirms, same_weakness


@dataclass(frozen=True, slots=True)
class UnitReview:
    """What is known of a unit once a model has looked.

    Args:
        flaws: Checked verdicts, and candidates that `precise` dismissed.
        complete: Whether the answer was read to its end; an incomplete one is asked for again.
        decisive: Whether it also settles the candidates it left out: a complete answer of `precise` does, unless it
            says something that does not hold against the code and so cannot be trusted in what it leaves out.
        rejected: Verdicts that were not shown.
        mode: Of the backend that answered.
        model: What it served.
    """

    flaws: tuple[AnchoredFlaw, ...] = ()
    complete: bool = False
    decisive: bool = False
    rejected: int = 0
    mode: str = ""
    model: str = ""


def overlaid(whole: UnitReview, partial: UnitReview) -> UnitReview:
    """A whole review with what a better one has come to so far in the place of its own."""
    left = (
        flaw
        for flaw in whole.flaws
        if not any(flaw.line == one.line and same_weakness(flaw.cwe, one.cwe) for one in partial.flaws)
    )
    return replace(whole, flaws=(*partial.flaws, *left))


@dataclass(frozen=True, slots=True)
class Doubt:
    """A serious flaw that no analyzer supports: it is not verified before the model has been asked what prevents it.

    Args:
        flaw: As it is shown meanwhile.
        line: Its line by the numbers of the question.
    """

    flaw: AnchoredFlaw
    line: int


class OutcomeBuilder:
    """Turns verdicts into what may be shown.

    Args:
        unit: The unit under review.
        lines: All lines of the file as asked about.
        candidates: The analyzers' candidates in the unit.
        state: What this backend's word is worth: `verified` for precise, else `preliminary`.
        backend: The mode that answers.
    """

    def __init__(
        self, unit: Unit, lines: Sequence[str], candidates: Sequence[Candidate], state: FindingState, backend: str
    ) -> None:
        self._unit = unit
        self._lines = lines
        self._open = list(candidates)
        self._state = state
        self._backend = backend
        self._flaws: list[AnchoredFlaw] = []
        self._rejections: list[Rejection] = []
        self.doubts: list[Doubt] = []
        """What is still to be settled."""

    def add(self, verdict: Verdict, asked: LineRange) -> AnchoredFlaw | None:
        """Checks one verdict about the lines `asked`; None if it is not shown or says nothing new."""
        rejection = check(verdict, self._lines, asked)
        if rejection:
            self._rejections.append(rejection)
            return None
        line = asked.start + verdict.line - 1
        flaw = AnchoredFlaw(
            line=line - self._unit.lines.start,
            text=collapse(self._lines[line]),
            cwe=verdict.cwe,
            severity=verdict.severity,
            confidence=CONFIDENCE_ALONE[self._state],
            state=self._state,
            backend=self._backend,
            message=_one_line(verdict.reason).rstrip("."),
        )
        if any((known.line, known.cwe) == (flaw.line, flaw.cwe) for known in self._flaws):
            return None
        supporting = [candidate for candidate in self._open if confirms(line, flaw.cwe, candidate)]
        if supporting:
            flaw = with_rule(flaw, supporting[0].rule)
            self._open = [candidate for candidate in self._open if candidate not in supporting]
        elif self._state is FindingState.VERIFIED and flaw.severity.rank >= Severity.HIGH.rank:
            flaw = _in_state(flaw, FindingState.PRELIMINARY)
            self.doubts.append(Doubt(flaw, verdict.line))
        self._flaws.append(flaw)
        return flaw

    def settle(self, doubt: Doubt, *, prevented: bool) -> None:
        """Takes the answer to a second look: the flaw is verified, or dismissed since something prevents it."""
        self.doubts.remove(doubt)
        settled = _in_state(doubt.flaw, FindingState.DISMISSED if prevented else FindingState.VERIFIED)
        self._flaws = [settled if flaw is doubt.flaw else flaw for flaw in self._flaws]

    def so_far(self) -> UnitReview:
        """What may be shown now: candidates not yet decided stay."""
        return UnitReview(tuple(self._flaws), rejected=len(self._rejections), mode=self._backend)

    def finish(self, *, whole: bool, rejected: int = 0) -> UnitReview:
        """The review when the answer is over.

        Args:
            whole: Whether the answer was read to its end; only then does leaving a candidate out dismiss it, and only
                `precise` may dismiss.
            rejected: Elements of the answer that were no verdicts at all.
        """
        rejected += len(self._rejections)
        decisive = whole and not rejected and self._state is FindingState.VERIFIED
        dismissed = tuple(self._dismissed(candidate) for candidate in self._open) if decisive else ()
        return UnitReview((*self._flaws, *dismissed), whole, decisive, rejected, self._backend)

    def _dismissed(self, candidate: Candidate) -> AnchoredFlaw:
        line = candidate.span.start.line
        return AnchoredFlaw(
            line=line - self._unit.lines.start,
            text=collapse(self._lines[line]),
            cwe=candidate.cwe,
            severity=candidate.severity,
            confidence=0.0,
            state=FindingState.DISMISSED,
            backend=self._backend,
            message=candidate.message,
            rule=candidate.rule,
        )


def _in_state(flaw: AnchoredFlaw, state: FindingState) -> AnchoredFlaw:
    return replace(flaw, state=state, confidence=CONFIDENCE_ALONE[state])


def _one_line(text: str) -> str:
    """A model's words without anything a terminal or an editor could take for more than words."""
    return collapse("".join(character if character.isprintable() else " " for character in text))
