"""What the simulator inserts at a cursor. Pure."""

import re
from collections.abc import Sequence
from dataclasses import dataclass

NEUTRAL = "pass"
"""Inserted where no entry of the script fits: short, and harmless."""


@dataclass(frozen=True, slots=True)
class Completion:
    """One entry of a script.

    Args:
        pattern: What the text before the cursor must end with.
        text: What is inserted then.
    """

    pattern: re.Pattern[str]
    text: str


def ends_with(literal: str) -> re.Pattern[str]:
    """A pattern for text that ends with a literal, blanks at either end of the line not counted."""
    return re.compile(re.escape(literal.rstrip(" \t")) + r"[ \t]*\Z")


def ends_with_regex(regex: str) -> re.Pattern[str]:
    """A pattern for text whose end matches a regular expression.

    Raises:
        re.error: It is none.
    """
    return re.compile(rf"(?:{regex})\Z")


def complete(entries: Sequence[Completion], before: str) -> str:
    """What to insert after some text: the first entry that fits, or something neutral."""
    return next((entry.text for entry in entries if entry.pattern.search(before)), NEUTRAL)


def cut(text: str, stop: Sequence[str]) -> tuple[str, str]:
    """The text up to the first of the stop texts, and which one that was, empty for none."""
    places = [(place, word) for word in stop if (place := text.find(word)) >= 0]
    if not places:
        return text, ""
    place, word = min(places)
    return text[:place], word
