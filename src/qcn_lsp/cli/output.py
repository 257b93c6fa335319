"""Prints reports on standard output."""

import io
import sys
from collections.abc import Iterable
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from rich.text import Text


def print_blocks(blocks: "Iterable[Text]") -> None:
    """Prints a report a block at a time; a terminal that knows ASCII only shows question marks."""
    from rich.console import Console

    if isinstance(sys.stdout, io.TextIOWrapper):
        sys.stdout.reconfigure(errors="replace")
    console = Console(soft_wrap=True, highlight=False)
    for block in blocks:
        console.print(block)
