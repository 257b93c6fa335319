"""Ruff on unsaved text: nothing in the repository silences it, and nothing of it is left behind."""

import asyncio
import json
import os
import subprocess
from pathlib import Path
from typing import Any

import pytest

from qcn_lsp.analyzers import ruff
from qcn_lsp.analyzers.ruff_rules import EXCLUDED, RULES
from qcn_lsp.core import cwe
from qcn_lsp.core.positions import Position, Span
from qcn_lsp.errors import AnalyzerError

EVAL = Span(Position(0, 0), Position(0, 7))


async def spans(text: str) -> list[Span]:
    return [one.span for one in (await ruff.check(text)).candidates]


def test_the_tables_name_every_rule_ruff_knows() -> None:
    command = [ruff._binary(), "rule", "--all", "--output-format=json"]
    known = json.loads(subprocess.run(command, capture_output=True, check=True).stdout)
    codes = {rule["code"] for rule in known if rule["linter"] == "flake8-bandit"}
    assert len(codes) > 60
    assert codes == RULES.keys() | EXCLUDED.keys()
    assert not RULES.keys() & EXCLUDED.keys()
    assert not [rule["code"] for rule in known if rule["preview"] and rule["code"] in RULES]


def test_each_entry_is_complete() -> None:
    for rule in RULES.values():
        assert cwe.exists(rule.cwe)
        assert not (rule.message + rule.help).endswith(".")
    assert all(len(reason.split()) > 3 for reason in EXCLUDED.values())


async def test_a_finding_has_our_words() -> None:
    (one,) = (await ruff.check("eval(x)\n")).candidates
    assert (one.rule, one.cwe, one.span, one.message) == ("ruff:S307", 95, EVAL, RULES["S307"].message)


@pytest.mark.parametrize(
    ("before", "line", "column"),
    [
        ("", 0, 0),
        ("s = '😀é'; ", 0, 10),
        ("a = 1\r\n", 1, 0),
        ("a = 1\rb = 2\r", 2, 0),
        ("a = '\u2028\x0b'\n\x0c\n", 2, 0),
        ("\ufeff", 0, 1),
        ("\ufeffa = 1\n", 1, 0),
        ("s = '\ud800\udfff'; ", 0, 10),
    ],
)
async def test_columns_count_code_points(before: str, line: int, column: int) -> None:
    assert await spans(before + "eval(x)\n") == [Span(Position(line, column), Position(line, column + 7))]


@pytest.mark.parametrize("text", ["", "\0", "\ud800", "def (:\n", "a = 1\0\neval(x)\n", "'''"])
async def test_text_that_is_no_python_has_no_findings(text: str) -> None:
    assert await spans(text) == []


@pytest.mark.parametrize(
    "comment",
    ["# noqa", "# noqa: S307", "# nosec", "# ruff: ignore[S307]", "# type: ignore"],
)
async def test_a_comment_silences_nothing(comment: str) -> None:
    assert await spans(f"eval(x)  {comment}\n") == [EVAL]


@pytest.mark.parametrize(
    "comment", ["# ruff: noqa", "# flake8: noqa", "# ruff: file-ignore[S]", "# ruff: disable[S307]"]
)
async def test_a_file_comment_silences_nothing(comment: str) -> None:
    assert len(await spans(f"{comment}\neval(x)\n")) == 1


async def test_a_configuration_silences_nothing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "pyproject.toml").write_text('[tool.ruff]\nexclude = ["*"]\n[tool.ruff.lint]\nignore = ["ALL"]\n')
    (tmp_path / "ruff.toml").write_text("this is = no TOML [")
    (tmp_path / ".gitignore").write_text("*\n")
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("RUFF_OUTPUT_FORMAT", "concise")
    monkeypatch.setenv("RUFF_OUTPUT_FILE", str(tmp_path / "stolen.txt"))
    assert await spans("eval(x)\n") == [EVAL]
    assert not (tmp_path / "stolen.txt").exists()
    assert not (tmp_path / ".ruff_cache").exists()


async def test_rules_left_out_and_harmless_calls_are_not_reported() -> None:
    assert await spans("import subprocess\nassert x\nsubprocess.run(['ls'])\nsubprocess.run('ls', shell=True)\n") == []


def stand_in(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, script: str) -> Path:
    program = tmp_path / "ruff"
    program.write_text(f"#!/bin/sh\n{script}\n")
    program.chmod(0o755)
    monkeypatch.setattr(ruff, "_binary", lambda: str(program))
    return program


async def child(pid_file: Path) -> int:
    """The process number, as soon as the stand-in has written it: the file is a pipe, so reading waits."""
    return int(await asyncio.to_thread(pid_file.read_text))


def is_gone(pid: int) -> bool:
    return not Path(f"/proc/{pid}").exists()


@pytest.mark.skipif(not Path("/proc/self").exists(), reason="looks for the child in /proc")
async def test_cancelling_kills_and_reaps_the_child(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:

    pipe = tmp_path / "pid"
    os.mkfifo(pipe)
    stand_in(tmp_path, monkeypatch, f"echo $$ > {pipe}\nexec tail -f /dev/null")
    task = asyncio.create_task(ruff.check("eval(x)\n"))
    pid = await child(pipe)
    assert not is_gone(pid)
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    assert is_gone(pid)


async def test_a_deadline_ends_the_child_and_says_so(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    started: list[asyncio.subprocess.Process] = []
    start = asyncio.create_subprocess_exec

    async def noted(*arguments: str, **options: Any) -> asyncio.subprocess.Process:
        started.append(await start(*arguments, **options))
        return started[-1]

    stand_in(tmp_path, monkeypatch, "exec tail -f /dev/null")
    monkeypatch.setattr(asyncio, "create_subprocess_exec", noted)
    with pytest.raises(AnalyzerError, match=r"did not answer within 0.5 s"):
        await ruff.check("eval(x)\n", deadline_seconds=0.5)
    assert all(process.returncode is not None for process in started)


@pytest.mark.parametrize(
    ("script", "sentence"), [("exit 2", "status 2"), ("kill -9 $$", "status -9"), ("echo nonsense", "not JSON")]
)
async def test_a_broken_ruff_is_an_error(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, script: str, sentence: str
) -> None:
    stand_in(tmp_path, monkeypatch, f"cat > /dev/null\n{script}")
    with pytest.raises(AnalyzerError, match=sentence):
        await ruff.check("eval(x)\n")


async def test_a_missing_program_is_an_error(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(ruff, "_binary", lambda: str(tmp_path / "none"))
    with pytest.raises(AnalyzerError, match="could not be started"):
        await ruff.check("eval(x)\n")


def test_a_wheel_without_its_program_is_an_error(monkeypatch: pytest.MonkeyPatch) -> None:
    def missing() -> str:
        raise FileNotFoundError

    monkeypatch.setattr("ruff.find_ruff_bin", missing)
    ruff._binary.cache_clear()
    with pytest.raises(AnalyzerError, match="missing"):
        ruff._binary()
