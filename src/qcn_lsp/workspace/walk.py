"""Which files below a folder are source files to look at."""

import os
from collections.abc import Iterator, Sequence
from pathlib import Path

from pathspec import GitIgnoreSpec

# Folders of other people's code or of generated files, skipped where no .gitignore says so already.
_NEVER = frozenset(
    {
        "node_modules",
        "bower_components",
        "vendor",
        "__pycache__",
        "venv",
        "env",
        "site-packages",
        "target",
        "build",
        "dist",
    }
)


class Ignored:
    """Paths the settings exclude.

    Args:
        patterns: In `.gitignore` syntax, relative to the root.
        root: The workspace; a path is given relative to it, or absolute.
    """

    def __init__(self, patterns: Sequence[str], root: Path | None = None) -> None:
        self._root = root
        self._spec = GitIgnoreSpec.from_lines(patterns) if patterns else None

    def __contains__(self, path: str | Path) -> bool:
        if self._root and isinstance(path, Path) and path.is_relative_to(self._root):
            path = path.relative_to(self._root)
        return self._spec is not None and self._spec.match_file(path)


def walk(folder: Path, unreadable: list[Path]) -> Iterator[Path]:
    """Files below a folder outside git, sorted; hidden and third-party folders are skipped, links are not followed.

    Args:
        folder: Where to start.
        unreadable: Takes the folders that may not be read.
    """

    def failed(error: OSError) -> None:
        unreadable.append(Path(error.filename))

    for current, folders, names in os.walk(folder, onerror=failed):
        folders[:] = sorted(name for name in folders if name not in _NEVER and not name.startswith("."))
        for name in sorted(names):
            path = Path(current, name)
            if not path.is_symlink():
                yield path
