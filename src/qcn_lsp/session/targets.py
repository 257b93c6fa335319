"""Which files a check looks at, and what of each is new."""

import asyncio
import os
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from qcn_lsp.core.document import Document
from qcn_lsp.errors import ConfigError, UnreadableFile
from qcn_lsp.report.model import Problem
from qcn_lsp.session.snapshot import digests_of
from qcn_lsp.syntax.languages import language_of
from qcn_lsp.workspace.files import decode, read_text
from qcn_lsp.workspace.git import Repository, blob_of, find_repository
from qcn_lsp.workspace.walk import Ignored, walk

_HEAD_BYTES = 200


@dataclass(frozen=True, slots=True)
class Target:
    """One file of a check.

    Args:
        path: Where it is.
        shown: Its path as reports spell it.
        root: The folder that was asked for, or the file's own.
        language: LSP identifier.
        base: Digests of its units at the base revision; None where everything counts as new.
    """

    path: Path
    shown: str
    root: Path
    language: str
    base: frozenset[str] | None = None


async def find_targets(
    paths: Sequence[Path], revision: str | None, ignore: Sequence[str]
) -> tuple[list[Target], list[Problem]]:
    """The files below some paths.

    Args:
        paths: Files and folders.
        revision: Only what changed since this git revision; None for everything.
        ignore: Patterns of paths that are not read.

    Raises:
        ConfigError: A path does not exist, or the revision does not.
    """
    targets: dict[Path, Target] = {}
    problems: list[Problem] = []
    for path in paths:
        if path.is_dir():
            for found in await _below(path, Ignored(ignore)):
                targets.setdefault(found.path, found)
        elif path.exists():
            language = language_of(path.name, _first_line(path))
            if language:
                targets.setdefault(path, Target(path, _shown(path), path.parent, language))
            else:
                problems.append(Problem(_shown(path), "is in no language this version knows; not reviewed"))
        else:
            raise ConfigError(f"{path}: no such file or folder")
    chosen = list(targets.values())
    return (chosen if revision is None else await _changed_since(revision, chosen, paths)), problems


def read_target(target: Target, max_kib: int) -> Document:
    """A target's text.

    Raises:
        UnreadableFile: It cannot be reviewed; says why.
    """
    text = read_text(target.path, max_kib)
    return Document(target.path.as_uri(), target.shown, target.language, text, root=target.root)


async def _below(folder: Path, ignored: Ignored) -> list[Target]:
    repository = await find_repository(folder)
    files: Iterable[Path] = await repository.files(folder) if repository else await asyncio.to_thread(_walked, folder)
    targets = []
    for path in files:
        if path.relative_to(folder).as_posix() in ignored or path.is_symlink():
            continue  # what a link points at is either reviewed in its own place or outside
        language = language_of(path.name, _first_line(path) if not path.suffix else "")
        if language and path.is_file():
            targets.append(Target(path, _shown(path), folder, language))
    return targets


def _walked(folder: Path) -> list[Path]:
    return list(walk(folder))


async def _changed_since(revision: str, targets: Sequence[Target], paths: Sequence[Path]) -> list[Target]:
    start = paths[0] if paths[0].is_dir() else paths[0].parent
    repository = await find_repository(start)
    commit = await repository.commit(revision) if repository else None
    if repository is None or commit is None:
        where = "there is no git repository here" if repository is None else f"git knows no revision {revision!r}"
        raise ConfigError(f"--diff {revision}: {where}")
    blobs = await repository.files_at(commit)
    changed = [await _with_base(repository, blobs, target) for target in targets]
    return [target for target in changed if target]


async def _with_base(repository: Repository, blobs: dict[str, str], target: Target) -> Target | None:
    """A target with its base, None if its bytes are those of the base."""
    name = repository.relative(target.path)
    blob = blobs.get(name) if name else None
    if blob is None:
        return target
    try:
        if blob_of(await asyncio.to_thread(target.path.read_bytes)) == blob:
            return None
    except OSError:
        return target  # reading it again will say why it cannot be read
    try:
        text = decode(await repository.content(blob))
    except UnreadableFile:
        return target  # nothing to compare with: everything counts as new
    return replace(target, base=await digests_of(target.language, text))


def _shown(path: Path) -> str:
    """Relative to where the command runs, if it is below."""
    try:
        return path.relative_to(Path.cwd()).as_posix()
    except ValueError:
        return path.as_posix()


def _first_line(path: Path) -> str:
    try:
        with path.open("rb") as file:
            return os.fsdecode(file.read(_HEAD_BYTES).partition(b"\n")[0])
    except OSError:
        return ""
