"""The Common Weakness Enumeration: which numbers exist, and what they are called.

`cwe.tsv` holds the 938 weaknesses of CWE 4.14 that are not deprecated (MITRE; terms in NOTICE).
"""

from functools import cache
from importlib.resources import files


@cache
def _names() -> dict[int, str]:
    rows = files(__package__).joinpath("cwe.tsv").read_text("utf-8").splitlines()
    return {int(number): name for number, name in (row.split("\t") for row in rows)}


def exists(number: int) -> bool:
    """Whether this is a weakness (not a category, not deprecated)."""
    return number in _names()


def name(number: int) -> str:
    """The official name, or an empty string for a number that does not exist."""
    return _names().get(number, "")


def code(number: int) -> str:
    """The usual spelling: `CWE-89`."""
    return f"CWE-{number}"


def url(number: int) -> str:
    """The weakness' own page."""
    return f"https://cwe.mitre.org/data/definitions/{number}.html"
