"""A quick first opinion by a fast backend while `precise` works."""

from collections.abc import Callable

from qcn_lsp.config.settings import Mode
from qcn_lsp.core.unit import Unit
from qcn_lsp.errors import BackendError, Dropped
from qcn_lsp.review.outcome import UnitReview, overlaid
from qcn_lsp.scheduling.queue import Priority
from qcn_lsp.session.engine import Engine
from qcn_lsp.session.open_document import OpenDocument
from qcn_lsp.session.router import PassedOver, Ready
from qcn_lsp.session.snapshot import Snapshot
from qcn_lsp.session.watch import Progress


class Preview:
    """One unit's.

    Args:
        engine: The backends.
        opened: The document.
        snapshot: The state of it that is reviewed.
        unit: The unit.
        show: Shows what is known of a unit.
    """

    def __init__(
        self,
        engine: Engine,
        opened: OpenDocument,
        snapshot: Snapshot,
        unit: Unit,
        show: Callable[[Unit, UnitReview], None],
    ) -> None:
        self._engine = engine
        self._opened = opened
        self._snapshot = snapshot
        self._unit = unit
        self._show = show

    async def run(self) -> None:
        """Asks, and shows what comes unless `precise` has finished by then.

        A failure is not told: the opinion is a courtesy, and the candidates play its part.
        """
        routing = self._engine.settings.routing
        is_needed = self._engine.router.model_of(Mode.PRECISE) and routing.review[:1] == (Mode.PRECISE,)
        modes = tuple(mode for mode in routing.preview if mode is not Mode.PRECISE)
        if not is_needed or not modes or self._unit.digest in self._opened.reviews:
            return
        try:
            reviewed = await self._engine.review(self._snapshot, self._unit, self, modes, Priority.VISIBLE_REVIEW)
        except (BackendError, Dropped):
            return
        self.partial(self._unit, reviewed.review)

    def progress(self, progress: Progress) -> None:
        """The progress bar is that of `precise`."""

    def passed_over(self, passed: PassedOver, ready: Ready) -> None:
        """Any fast backend will do."""

    def partial(self, unit: Unit, review: UnitReview) -> None:
        """Shows it below what `precise` has come to."""
        if self._opened.is_reviewed(unit.digest):
            return
        known = self._opened.reviews.get(unit.digest)
        if known and known.mode == Mode.PRECISE:
            if not review.complete:
                return
            review = overlaid(review, known)
        self._show(unit, review)
        if review.complete:
            self._opened.first_opinions.add(unit.digest)
