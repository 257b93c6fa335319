"""Says things once, not at every save."""

from collections.abc import Callable


class Told:
    """What the user has been told.

    Args:
        inform: Says a sentence.
    """

    def __init__(self, inform: Callable[[str], None]) -> None:
        self._inform = inform
        self._told: set[tuple[str, str]] = set()

    def once(self, text: str, backend: str = "", what: str = "") -> None:
        """Says something, unless it was said.

        Args:
            text: One sentence.
            backend: Which backend it is about; it may be said again once that has `recovered`.
            what: Sentences that differ only in the code they name are the same if this is; by default the text.
        """
        told = (backend, what or text)
        if told not in self._told:
            self._told.add(told)
            self._inform(text)

    def recovered(self, backend: str) -> None:
        """Lets what was said about a backend be said again, should it fail again."""
        self._told = {told for told in self._told if told[0] != backend}
