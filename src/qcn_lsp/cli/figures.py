"""Figures on the command line, and what is said of one that is none."""

import argparse
from collections.abc import Callable
from typing import TypeVar

Figure = TypeVar("Figure", int, float)

_HIGHEST_PORT = 65535


def figure(read: Callable[[str], Figure], fits: Callable[[Figure], bool], what: str) -> Callable[[str], Figure]:
    """A `type` for argparse.

    Args:
        read: Turns the text into the figure.
        fits: Whether it is one that can be used.
        what: Continues "must be".
    """

    def parse(text: str) -> Figure:
        try:
            value = read(text)
        except ValueError:
            value = None
        if value is None or not fits(value):
            raise argparse.ArgumentTypeError(f"must be {what}")
        return value

    return parse


COUNT = figure(int, lambda value: value >= 1, "a whole number from 1 on")
NOT_NEGATIVE = figure(float, lambda value: 0 <= value < float("inf"), "a number from 0 on")
SHARE = figure(float, lambda value: 0 <= value <= 1, "a number from 0 to 1")
PORT = figure(int, lambda value: 1 <= value <= _HIGHEST_PORT, f"a port from 1 to {_HIGHEST_PORT}")
ANY_PORT = figure(int, lambda value: 0 <= value <= _HIGHEST_PORT, f"a port from 0 to {_HIGHEST_PORT}")
