"""The process that runs ast-grep: what it imports, and what it leaves behind."""

import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest

from qcn_lsp.analyzers import pool
from qcn_lsp.analyzers.pool import WorkerPool


async def answered(look: Callable[[int], str] = str) -> str:
    """Lets a worker answer once, and looks at its process."""
    made = WorkerPool()
    try:
        assert len(await made.check("javascript", "const h = md5(x);")) == 1
        (process,) = made.idle_processes
        return look(process)
    finally:
        await made.close()


async def test_nothing_is_imported_from_the_workspace(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    proof = tmp_path / "proof"
    for name in ("json", "struct", "signal", "re", "sitecustomize", "usercustomize", "ast_grep_py", "qcn_lsp", "site"):
        (tmp_path / f"{name}.py").write_text(f"open({str(proof)!r}, 'w')\nraise SystemExit\n")
        (tmp_path / name).mkdir()
        (tmp_path / name / "__init__.py").write_text(f"open({str(proof)!r}, 'w')\nraise SystemExit\n")
    monkeypatch.chdir(tmp_path)
    for name in ("PYTHONPATH", "PYTHONHOME", "PYTHONSTARTUP", "PYTHONUSERBASE"):
        monkeypatch.setenv(name, str(tmp_path))
    await answered()
    assert not proof.exists()


@pytest.mark.skipif(not Path("/proc/self/limits").exists(), reason="reads Linux' /proc")
async def test_a_crash_leaves_no_core() -> None:
    limits = await answered(lambda process: Path(f"/proc/{process}/limits").read_text())
    (line,) = [line for line in limits.splitlines() if line.startswith("Max core file size")]
    assert line.split()[4:6] == ["0", "0"]


def test_a_worker_imports_little() -> None:
    *python, program, one, other = pool._command()
    show = program.replace("main()", "print(*sys.modules)")
    loaded = subprocess.run([*python, show, one, other], capture_output=True, text=True, check=True).stdout.split()
    assert "qcn_lsp.analyzers.worker" in loaded
    assert not {"asyncio", "ruff", "site", "subprocess", "pydantic", "tree_sitter"} & set(loaded)
