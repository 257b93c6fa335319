"""How paths are shown."""

from collections.abc import Sequence
from pathlib import Path


def relative_path(path: Path, roots: Sequence[Path]) -> tuple[str, Path | None]:
    """A file's path as it is shown, and the workspace folder it belongs to: the innermost one.

    A file outside every folder keeps its absolute path.
    """
    inside = [root for root in roots if path.is_relative_to(root)]
    root = max(inside, key=lambda one: len(one.parts), default=None)
    return (path.relative_to(root).as_posix(), root) if root else (path.as_posix(), None)
