"""Git is asked, and cannot answer with a command."""

import os
import subprocess
from pathlib import Path

import pytest

from qcn_lsp.errors import RepositoryError
from qcn_lsp.workspace.git import blob_of, find_repository

ENVIRONMENT = {
    **{key: value for key, value in os.environ.items() if not key.startswith("GIT_")},
    "GIT_CONFIG_GLOBAL": os.devnull,
    "GIT_AUTHOR_NAME": "a",
    "GIT_AUTHOR_EMAIL": "a@example.com",
    "GIT_COMMITTER_NAME": "a",
    "GIT_COMMITTER_EMAIL": "a@example.com",
}


def git(folder: Path, *arguments: str) -> None:
    subprocess.run(["git", *arguments], cwd=folder, env=ENVIRONMENT, check=True, capture_output=True)


@pytest.fixture
def repository(tmp_path: Path) -> Path:
    folder = tmp_path / "work tree é"
    folder.mkdir()
    git(folder, "init", "-q")
    (folder / "a.py").write_text("x = 1\n")
    (folder / "sub").mkdir()
    (folder / "sub" / "b b.py").write_text("y = 2\n")
    (folder / ".gitignore").write_text("ignored.py\n")
    git(folder, "add", "-A")
    git(folder, "commit", "-q", "-m", "one")
    return folder


async def test_what_a_commit_holds(repository: Path) -> None:
    found = await find_repository(repository / "sub")
    assert found
    commit = await found.commit("HEAD")
    assert commit
    assert await found.files_at(commit) == {
        ".gitignore": blob_of(b"ignored.py\n"),
        "a.py": blob_of(b"x = 1\n"),
        "sub/b b.py": blob_of(b"y = 2\n"),
    }
    blob = await found.blob_at(commit, "sub/b b.py")
    assert blob
    assert await found.content(blob) == b"y = 2\n"
    assert await found.blob_at(commit, "none.py") is None
    assert found.relative(repository / "sub" / "b b.py") == "sub/b b.py"
    assert found.relative(repository.parent / "outside.py") is None


async def test_ignored_files_are_not_listed_and_new_ones_are(repository: Path) -> None:
    (repository / "ignored.py").write_text("")
    (repository / "new.py").write_text("")
    found = await find_repository(repository)
    assert found
    assert [path.name for path in await found.files(repository)] == [".gitignore", "a.py", "new.py", "b b.py"]


async def test_outside_git_and_before_the_first_commit(tmp_path: Path) -> None:
    assert await find_repository(tmp_path) is None
    git(tmp_path, "init", "-q")
    found = await find_repository(tmp_path)
    assert found
    assert await found.commit("HEAD") is None


@pytest.mark.parametrize("revision", ["nope", "--output=x", "HEAD:a.py", "-h"])
async def test_a_revision_that_is_none(repository: Path, revision: str) -> None:
    found = await find_repository(repository)
    assert found
    try:
        assert await found.commit(revision) is None
    except RepositoryError as error:
        assert "rev-parse" in str(error)  # noqa: PT017 — either answer is right, a traceback is not
    assert not (repository / "x^{commit}").exists()


async def test_a_broken_repository_is_an_error_in_words(repository: Path) -> None:
    found = await find_repository(repository)
    assert found
    commit = await found.commit("HEAD")
    assert commit
    for path in (repository / ".git" / "objects").rglob("*"):
        if path.is_file():
            path.chmod(0o600)
            path.write_bytes(b"broken")
    with pytest.raises(RepositoryError, match=r"^git ls-tree: "):
        await found.files_at(commit)


async def test_a_hostile_repository_runs_nothing(repository: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Every setting by which a repository's own configuration can start a program, on the way of every call we make."""
    trap, sprung = repository / "trap.sh", repository / "sprung"
    trap.write_text(f"#!/bin/sh\ntouch '{sprung}'\ncat\n")
    trap.chmod(0o700)
    for key in (
        "core.fsmonitor",
        "core.pager",
        "core.editor",
        "core.sshCommand",
        "core.gitProxy",
        "diff.external",
        "filter.evil.clean",
        "filter.evil.smudge",
        "filter.evil.process",
        "diff.evil.textconv",
        "credential.helper",
        "uploadpack.packObjectsHook",
    ):
        git(repository, "config", key, str(trap))
    (repository / ".gitattributes").write_text("* filter=evil diff=evil\n")
    hooks = repository / ".git" / "hooks"
    for hook in ("post-index-change", "post-checkout", "reference-transaction", "fsmonitor-watchman"):
        (hooks / hook).write_text(trap.read_text())
        (hooks / hook).chmod(0o700)
    monkeypatch.setenv("GIT_DIR", str(repository.parent))  # must not lead elsewhere either
    found = await find_repository(repository)
    assert found
    commit = await found.commit("HEAD")
    assert commit
    blob = (await found.files_at(commit))["a.py"]
    await found.content(blob)
    await found.files(repository)
    assert not sprung.exists()
