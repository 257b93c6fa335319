"""What a file was at a git revision: the digests of its units there."""

import asyncio
from pathlib import Path

from qcn_lsp.errors import RepositoryError, UnreadableFile
from qcn_lsp.session.snapshot import digests_of
from qcn_lsp.workspace.files import decode
from qcn_lsp.workspace.git import Repository, find_repository

_NOTHING: frozenset[str] = frozenset()


class Revision:
    """Digests of units at one revision, remembered by blob, so that asking again after a save costs one git call.

    Args:
        name: The revision, `HEAD` for the last commit.
    """

    def __init__(self, name: str = "HEAD") -> None:
        self._name = name
        self._repositories: dict[Path, Repository] = {}
        self._digests: dict[tuple[str, str], frozenset[str]] = {}

    async def digests(self, path: Path, language: str) -> frozenset[str] | None:
        """The digests of the file's units at the revision.

        Returns:
            An empty set for a file that is new; None outside git, where there is nothing to compare with.
        """
        try:
            repository = await self._repository(path.parent)
            name = repository.relative(path) if repository else None
            if repository is None or name is None:
                return None
            commit = await repository.commit(self._name)
            blob = await repository.blob_at(commit, name) if commit else None
            return await self._digests_of(repository, blob, language) if blob else _NOTHING
        except RepositoryError:
            return None  # a broken repository is no repository: everything counts as new

    async def _repository(self, folder: Path) -> Repository | None:
        known = self._repositories.get(folder) or await find_repository(folder)
        if known:  # a folder that is in none may become one
            self._repositories[folder] = known
        return known

    async def _digests_of(self, repository: Repository, blob: str, language: str) -> frozenset[str]:
        if (blob, language) not in self._digests:
            try:
                text = await asyncio.to_thread(decode, await repository.content(blob))
            except UnreadableFile:
                return _NOTHING
            self._digests[blob, language] = await digests_of(language, text)
        return self._digests[blob, language]
