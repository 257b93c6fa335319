"""How paths are shown."""

from collections.abc import Sequence
from pathlib import Path

from qcn_lsp.config.load import WORKSPACE_FILE


def relative_path(path: Path, roots: Sequence[Path]) -> tuple[str, Path | None]:
    """A file's path as it is shown, and the workspace folder it belongs to: the innermost one.

    A file outside every folder keeps its absolute path.
    """
    inside = [root for root in roots if path.is_relative_to(root)]
    root = max(inside, key=lambda one: len(one.parts), default=None)
    return (path.relative_to(root).as_posix(), root) if root else (path.as_posix(), None)


def workspace_root(path: Path) -> Path:
    """The folder whose `.qcn-lsp.toml` counts for a path: the nearest that has one, at most the repository's top.

    Above that, the file may be somebody else's. Where there is none, it is the folder itself.
    """
    folder = path if path.is_dir() else path.parent
    for parent in (folder, *folder.parents):
        if (parent / WORKSPACE_FILE).is_file():
            return parent
        if (parent / ".git").exists():
            break
    return folder
