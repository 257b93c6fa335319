"""Programs and cores: nothing of a repository is ever run."""

from pathlib import Path

import pytest

from qcn_lsp.errors import ConfigError
from qcn_lsp.launch.machine import cores, find_program, help_text, local_threads, named_program


@pytest.fixture
def program(tmp_path: Path) -> Path:
    file = tmp_path / "llama-server"
    file.write_text('#!/bin/sh\necho "help of $0"\n')
    file.chmod(0o755)
    return file


def test_a_program_of_the_current_folder_is_not_found(program: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(program.parent)
    for path in ("", ".", f":{Path('/nowhere')}", "./", "../" + program.parent.name):
        monkeypatch.setenv("PATH", path)
        assert find_program("llama-server") is None
    monkeypatch.setenv("PATH", f".:{program.parent}")
    assert find_program("llama-server") == str(program)


def test_a_named_program_may_be_anywhere(program: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(program.parent)
    assert named_program("./llama-server") == str(program)
    monkeypatch.setenv("PATH", str(program.parent))
    assert named_program("llama-server") == str(program)
    program.chmod(0o644)
    for missing in ("./llama-server", "llama-server", str(program.parent), "/nowhere/llama-server"):
        with pytest.raises(ConfigError, match="no such program"):
            named_program(missing)


def test_help_is_asked_for_and_may_be_missing(program: Path) -> None:
    assert help_text(str(program)) == f"help of {program}\n"
    assert help_text("/nowhere") == ""


def test_cores() -> None:
    physical, logical = cores()
    assert 1 <= physical <= logical


@pytest.mark.parametrize(("physical", "threads"), [(1, 1), (2, 1), (4, 3), (64, 8)])
def test_a_small_model_leaves_one_core(physical: int, threads: int) -> None:
    assert local_threads(physical) == threads
