"""One document that is open in the editor: its text now, what is known of it, and what runs for it."""

import asyncio
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field

from qcn_lsp.config.settings import Mode, ReviewSettings, Scope, Trigger
from qcn_lsp.core.document import Document
from qcn_lsp.core.finding import Finding
from qcn_lsp.core.unit import Unit
from qcn_lsp.review.changes import risk, units_in_scope
from qcn_lsp.review.findings import findings_of, shown
from qcn_lsp.review.outcome import UnitReview, overlaid
from qcn_lsp.session.snapshot import Snapshot

# Reviews are kept so that undoing an edit costs nothing; a file has few hundred units at most.
_MOST_REVIEWS = 2000


@dataclass(slots=True)
class OpenDocument:
    """Changed by synchronous handlers and by its own analysis only.

    Args:
        document: The text as it is now.
        snapshot: The last state that was analyzed, None before the first.
        base: Digests at HEAD; None where everything counts as new.
        base_known: Whether git was asked since the last save.
        reviews: What a model said, by the digest of the unit.
        asked: Digests the user asked to have reviewed, whether they changed or not.
        running: Reviews under way, by digest.
        owed: Digests whose review was given up because of an edit or of new settings, not by the user.
        unserved: Digests that no backend could review when they were to be.
        looked_up: Digests that were looked up in the store.
        outdated: Digests whose review was made by another model than the one that serves its mode now.
        first_opinions: Digests of which only a first opinion is known: their review is still to be made.
        overtaken: Digests during whose review a better mode came up, with that mode.
        wants_review: Whether a model is to be asked once the text is analyzed.
        skipped: Why this document is not reviewed, empty if it is.
    """

    document: Document
    snapshot: Snapshot | None = None
    base: frozenset[str] | None = None
    base_known: bool = False
    reviews: dict[str, UnitReview] = field(default_factory=dict)
    asked: set[str] = field(default_factory=set)
    running: dict[str, asyncio.Task[None]] = field(default_factory=dict)
    owed: set[str] = field(default_factory=set)
    unserved: set[str] = field(default_factory=set)
    looked_up: set[str] = field(default_factory=set)
    outdated: set[str] = field(default_factory=set)
    first_opinions: set[str] = field(default_factory=set)
    overtaken: dict[str, Mode] = field(default_factory=dict)
    wants_review: bool = False
    skipped: str = ""
    settling: asyncio.TimerHandle | None = None
    idling: asyncio.TimerHandle | None = None
    analysis: asyncio.Task[None] | None = None

    @property
    def analyzed(self) -> bool:
        """Whether what is known is of the text as it is now."""
        return self.snapshot is not None and self.snapshot.document is self.document

    def in_scope(self, settings: ReviewSettings) -> tuple[Unit, ...]:
        """The units that are reviewed and shown."""
        if self.snapshot is None:
            return ()
        base = None if settings.scope is Scope.FILE else self.base
        changed = set(units_in_scope(self.snapshot.units, base))
        return tuple(unit for unit in self.snapshot.units if unit in changed or unit.digest in self.asked)

    def unreviewed(self, settings: ReviewSettings) -> tuple[Unit, ...]:
        """The units a model has not been asked about to the end, the riskiest first."""
        # By digest: two equal functions are one question.
        todo = {
            unit.digest: unit
            for unit in self.in_scope(settings)
            if unit.digest not in self.running and not self.is_reviewed(unit.digest)
        }
        candidates = self.snapshot.candidates if self.snapshot else ()
        return tuple(sorted(todo.values(), key=lambda unit: (-risk(unit, candidates), unit.lines)))

    def better_modes(self, route: Sequence[Mode], settings: ReviewSettings) -> int:
        """How many of a route's first modes would be better than what some unit in scope has got, or was to get."""
        return max((self._reviewed_at(unit.digest, route) for unit in self._wanted(settings)), default=0)

    def waiting(self, settings: ReviewSettings) -> int:
        """How many units in scope wait for any backend to return."""
        return len(self.unserved & {unit.digest for unit in self.in_scope(settings)}) if self.unserved else 0

    def could_not_be_served(self, digests: Iterable[str]) -> None:
        """Remembers that no backend was there for units; those that one has reviewed to the end wait for none."""
        self.unserved.update(digest for digest in digests if not self.is_reviewed(digest))

    def left_for(self, route: Sequence[Mode], settings: ReviewSettings) -> tuple[Unit, ...]:
        """The units in scope that only a lesser mode than the last of this route has reviewed, or none could."""
        todo = {
            unit.digest: unit
            for unit in self._wanted(settings)
            if unit.digest not in self.running and self._reviewed_at(unit.digest, route) >= len(route)
        }
        return tuple(todo.values())

    def _wanted(self, settings: ReviewSettings) -> tuple[Unit, ...]:
        """The units that may be reviewed unasked; those of an earlier run were asked for then."""
        units = self.in_scope(settings)
        return (
            units if settings.trigger is not Trigger.MANUAL else tuple(one for one in units if one.digest in self.asked)
        )

    def is_reviewed(self, digest: str) -> bool:
        """Whether nothing is left to be asked about a unit."""
        review = self.reviews.get(digest)
        is_final = digest not in self.outdated and digest not in self.first_opinions
        return review is not None and review.complete and is_final

    def _reviewed_at(self, digest: str, route: Sequence[Mode]) -> int:
        """The place on the route of the mode that has reviewed a unit; 0 as well if nobody was to."""
        if digest in self.unserved or digest in self.outdated:
            return len(route)
        review = self.reviews.get(digest)
        if review is None or not review.complete or digest in self.first_opinions:
            return 0
        return next((place for place, mode in enumerate(route) if mode == review.mode), len(route))

    def findings(self, settings: ReviewSettings) -> tuple[Finding, ...]:
        """What the user sees, placed in the text that was analyzed last."""
        if self.snapshot is None:
            return ()
        found = findings_of(
            self.snapshot.document.path,
            self.snapshot.document.lines,
            self.in_scope(settings),
            self.snapshot.candidates,
            self.reviews,
        )
        return shown(found, settings.show, settings.min_severity)

    def keep(self, digest: str, review: UnitReview) -> None:
        """Remembers a review; the oldest one goes when there are too many.

        What half a review has not come to yet stays, so that nothing vanishes while a better backend looks again.
        """
        known = self.reviews.get(digest)
        if known and known.complete and not review.complete:
            review = overlaid(known, review)
        else:
            self.outdated.discard(digest)
            self.first_opinions.discard(digest)
        self.reviews.pop(digest, None)
        self.reviews[digest] = review
        if len(self.reviews) > _MOST_REVIEWS:
            del self.reviews[next(iter(self.reviews))]

    def is_unknown(self, digest: str) -> bool:
        """Whether nothing is known of a unit, and the store was not asked yet."""
        return digest not in self.reviews and digest not in self.looked_up

    def recall(self, digest: str, review: UnitReview, model: str) -> None:
        """Takes a review of an earlier run.

        Args:
            digest: Of the unit.
            review: The review.
            model: What serves its mode now, empty while that is not known.
        """
        if digest not in self.reviews:
            self.keep(digest, review)
            if model and review.model != model:
                self.outdated.add(digest)

    def forget(self) -> None:
        """Forgets every review."""
        self.reviews.clear()
        self.outdated.clear()
        self.first_opinions.clear()

    def note_model(self, mode: Mode, model: str) -> None:
        """Learns what serves a mode now; reviews by any other model are to be made again, and stay until they are."""
        self.outdated |= {
            digest for digest, review in self.reviews.items() if review.mode == mode and review.model != model
        }

    def cancel_stale(self) -> None:
        """Gives up reviews of units that are not in the text any more, on the server too."""
        current = {unit.digest for unit in self.snapshot.units} if self.snapshot else set()
        for digest in self.running.keys() - current:
            self.cancel(digest)
        self.unserved &= current
        self.looked_up &= current  # what comes back may be known by then, from another window

    def cancel(self, digest: str) -> None:
        """Gives up one review; it is owed, in case its unit comes back by an undo."""
        self.running.pop(digest).cancel()
        self.owed.add(digest)
