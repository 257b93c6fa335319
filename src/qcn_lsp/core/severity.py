"""How bad a flaw is, in the contract's four words."""

from enum import StrEnum


class Severity(StrEnum):
    """Ordered from `low` to `critical`; `rank` compares."""

    LOW = "low"
    MEDIUM = "medium"
    HIGH = "high"
    CRITICAL = "critical"

    @property
    def rank(self) -> int:
        """0 for low up to 3 for critical."""
        return _ORDER.index(self)


_ORDER = (Severity.LOW, Severity.MEDIUM, Severity.HIGH, Severity.CRITICAL)
