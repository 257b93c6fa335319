"""What one analyzer says of one text."""

from dataclasses import dataclass

from qcn_lsp.core.candidate import Candidate


@dataclass(frozen=True, slots=True)
class Found:
    """An analyzer's answer.

    Args:
        candidates: In the text's order.
        is_partial: Whether the text has syntax errors, so that there may be more than was found.
    """

    candidates: tuple[Candidate, ...]
    is_partial: bool
