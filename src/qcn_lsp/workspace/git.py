"""What git says, asked so that the repository cannot answer with a command.

Only plumbing that neither filters, diffs nor hooks is called (`rev-parse`, `ls-tree`, `cat-file`, `ls-files`), with the
settings that can start programs (fsmonitor, hooks, lazy fetching, pagers) switched off for the call.
"""

import asyncio
import hashlib
import os
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from qcn_lsp.errors import RepositoryError

_HARMLESS = (
    "--no-pager",
    "--no-optional-locks",
    "--literal-pathspecs",
    *("-c", "core.fsmonitor=false"),
    *("-c", "core.hooksPath=/dev/null"),
    *("-c", "core.untrackedCache=false"),
    *("-c", "protocol.allow=never"),
)
_ENVIRONMENT: Mapping[str, str] = {
    "GIT_NO_LAZY_FETCH": "1",
    "GIT_TERMINAL_PROMPT": "0",
    "GIT_OPTIONAL_LOCKS": "0",
    "LC_ALL": "C",
}
_SECONDS = 20.0


async def find_repository(folder: Path) -> "Repository | None":
    """The repository a folder is in; None outside git, without git installed, or where git refuses to read it."""
    try:
        top = await _git(folder, "rev-parse", "--show-toplevel")
    except RepositoryError:
        return None
    return Repository(Path(os.fsdecode(top.rstrip(b"\n"))))


@dataclass(frozen=True, slots=True)
class Repository:
    """A git work tree.

    Args:
        root: Its top folder, links resolved.
    """

    root: Path

    def relative(self, path: Path) -> str | None:
        """A path as git spells it, None outside the work tree."""
        try:
            return path.resolve().relative_to(self.root.resolve()).as_posix()
        except (ValueError, OSError, RuntimeError):
            return None

    async def commit(self, revision: str) -> str | None:
        """The commit a revision names; None if there is none, as HEAD before the first commit.

        Raises:
            RepositoryError: Git cannot read the repository.
        """
        name = f"{revision}^{{commit}}"
        try:
            found = await _git(self.root, "rev-parse", "--verify", "--quiet", "--end-of-options", name)
        except _Refused as refused:
            if refused.code == 1:
                return None
            raise
        return found.decode().strip()

    async def files_at(self, commit: str) -> dict[str, str]:
        """Path → blob of every regular file of a commit."""
        listing = await _git(self.root, "ls-tree", "-r", "-z", "--full-tree", commit)
        rows = (row.split(b"\t", 1) for row in listing.split(b"\0") if row)
        return {
            os.fsdecode(path): meta.split()[2].decode()
            for meta, path in rows
            if meta.startswith((b"100644", b"100755"))
        }

    async def blob_at(self, commit: str, path: str) -> str | None:
        """The blob of one file at a commit, None if it has none."""
        try:
            return (await _git(self.root, "rev-parse", "--verify", "--quiet", f"{commit}:{path}")).decode().strip()
        except _Refused:
            return None

    async def content(self, blob: str) -> bytes:
        """A blob's bytes, without filters."""
        return await _git(self.root, "cat-file", "blob", blob)

    async def files(self, folder: Path) -> list[Path]:
        """Files below a folder that git tracks, or would if they were added: what `.gitignore` leaves."""
        listing = await _git(folder, "ls-files", "-z", "--cached", "--others", "--exclude-standard")
        return sorted({folder / os.fsdecode(name) for name in listing.split(b"\0") if name})


def blob_of(data: bytes) -> str:
    """The name git (with SHA-1) gives to a file of these bytes, to tell without git whether it changed."""
    return hashlib.sha1(b"blob %d\0" % len(data) + data, usedforsecurity=False).hexdigest()


class _Refused(RepositoryError):
    def __init__(self, message: str, code: int) -> None:
        super().__init__(message)
        self.code = code


async def _git(folder: Path, *arguments: str) -> bytes:
    # Variables such as GIT_DIR or GIT_CONFIG_PARAMETERS would point git elsewhere; none of them is passed on.
    environment = {key: value for key, value in os.environ.items() if not key.startswith("GIT_")}
    try:
        process = await asyncio.create_subprocess_exec(
            *("git", *_HARMLESS, *arguments),
            cwd=folder,
            env={**environment, **_ENVIRONMENT},
            stdin=asyncio.subprocess.DEVNULL,
            stdout=asyncio.subprocess.PIPE,
            stderr=asyncio.subprocess.PIPE,
        )
    except OSError as error:
        raise RepositoryError("git is not installed or the folder is gone") from error
    try:
        async with asyncio.timeout(_SECONDS):
            output, complaint = await process.communicate()
    except TimeoutError as error:
        raise RepositoryError(f"git {arguments[0]} gave no answer within {_SECONDS:.0f} s") from error
    finally:
        if process.returncode is None:
            process.kill()
            await process.wait()
    if process.returncode:
        text = complaint.decode("utf-8", "replace").strip().partition("\n")[0]
        raise _Refused(f"git {arguments[0]}: {text or 'failed'}", process.returncode)
    return output
