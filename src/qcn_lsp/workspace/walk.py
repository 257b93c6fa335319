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
    """Paths the settings exclude, in `.gitignore` syntax, relative to the workspace."""

    def __init__(self, patterns: Sequence[str]) -> None:
        self._spec = GitIgnoreSpec.from_lines(patterns) if patterns else None

    def __contains__(self, path: str) -> bool:
        return self._spec is not None and self._spec.match_file(path)


def walk(folder: Path) -> Iterator[Path]:
    """Files below a folder outside git, sorted; hidden and third-party folders are skipped, links are not followed."""
    for current, folders, names in os.walk(folder):
        folders[:] = sorted(name for name in folders if name not in _NEVER and not name.startswith("."))
        for name in sorted(names):
            path = Path(current, name)
            if not path.is_symlink():
                yield path
