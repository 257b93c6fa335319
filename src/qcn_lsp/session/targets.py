"""Which files a check looks at, and what of each is new."""

import asyncio
import os
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
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


@dataclass(slots=True)
class Targets:
    """What a check looks at.

    Args:
        files: The files, each once.
        problems: What cannot be looked at.
        ignored: How many source files the settings exclude.
    """

    files: list[Target] = field(default_factory=list)
    problems: list[Problem] = field(default_factory=list)
    ignored: int = 0


async def find_targets(paths: Sequence[Path], revision: str | None, ignored: Ignored) -> Targets:
    """The files below some paths.

    Args:
        paths: Files and folders.
        revision: Only what changed since this git revision; None for everything.
        ignored: Paths that are not read.

    Raises:
        ConfigError: A path does not exist, or the revision does not.
    """
    found = Targets()
    for path in paths:
        if path.is_dir():
            await _add_below(path, ignored, found)
        elif path.exists():
            if not path.is_file():
                found.problems.append(Problem(_shown(path), "is not a regular file"))
                continue
            language = language_of(path.name, _first_line(path))
            if language:
                found.files.append(Target(path, _shown(path), path.parent, language))
            else:
                found.problems.append(Problem(_shown(path), "is in no language this version knows"))
        else:
            raise ConfigError(f"{path}: no such file or folder")
    found.files = list({target.path: target for target in found.files}.values())
    if revision is not None:
        found.files = await _changed_since(revision, found.files, paths)
    return found


def read_target(target: Target, max_kib: int) -> Document:
    """A target's text.

    Raises:
        UnreadableFile: It cannot be reviewed; says why.
    """
    text = read_text(target.path, max_kib)
    return Document(target.path.as_uri(), target.shown, target.language, text, root=target.root)


async def _add_below(folder: Path, ignored: Ignored, found: Targets) -> None:
    repository = await find_repository(folder)
    files = await repository.files(folder) if repository else []
    if not files:  # outside git, or a folder that git ignores and the user named all the same
        files = await asyncio.to_thread(_walked, folder, found.problems)
    for path in files:
        if path.is_symlink():
            continue  # what a link points at is either reviewed in its own place or outside
        if path.is_dir():  # a repository inside this one: git lists it as one entry
            await _add_below(path, ignored, found)
        elif path.is_file() and (language := language_of(path.name, "" if path.suffix else _first_line(path))):
            if path in ignored:
                found.ignored += 1
            else:
                found.files.append(Target(path, _shown(path), folder, language))


def _walked(folder: Path, problems: list[Problem]) -> list[Path]:
    unreadable: list[Path] = []
    files = list(walk(folder, unreadable))
    problems += [Problem(_shown(path), "is a folder that may not be read") for path in unreadable]
    return files


async def _changed_since(revision: str, targets: Sequence[Target], paths: Sequence[Path]) -> list[Target]:
    start = paths[0] if paths[0].is_dir() else paths[0].parent
    repository = await find_repository(start)
    commit = await repository.commit(revision) if repository else None
    if repository is None or commit is None:
        where = (
            "git finds no repository here that it can read"
            if repository is None
            else f"git knows no revision {revision!r}; a repository without a commit has none"
        )
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
