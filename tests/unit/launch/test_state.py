"""What is kept on disk: private, whole, and never taken for more than it is."""

import os
import stat
from dataclasses import replace
from pathlib import Path

import pytest

from qcn_lsp.launch.errors import LaunchError
from qcn_lsp.launch.log_facts import Buffer, LogFacts
from qcn_lsp.launch.processes import start_mark
from qcn_lsp.launch.state import Started, StateFolder

FACTS = LogFacts(buffers=(Buffer("GPU", "weights", 1403.21),), graph_splits=98, ctx=65536)


@pytest.fixture
def state(tmp_path: Path) -> StateFolder:
    folder = StateFolder(tmp_path / "state")
    with folder.lock("hybrid"):
        return folder


@pytest.fixture
def started(state: StateFolder) -> Started:
    """This very process as a server, which therefore must not be ended."""
    pid = os.getpid()
    mark = start_mark(pid)
    assert mark
    command = ("llama-server", "-m", "a b.gguf")
    return Started("hybrid", pid, mark, command, 8001, str(state.log("hybrid")), "2026-11-24T12:00:00+00:00", "", FACTS)


def test_what_was_started_is_read_back(state: StateFolder, started: Started) -> None:
    state.write(started)
    assert state.running("hybrid") == started
    state.forget("hybrid")
    assert state.running("hybrid") is None
    assert not state.is_damaged("hybrid")


def test_a_number_that_another_process_has_now_is_not_the_server(state: StateFolder, started: Started) -> None:
    state.write(replace(started, mark=f"{started.mark}0"))
    assert state.running("hybrid") is None


@pytest.mark.parametrize("text", ["", "{", "[]", '{"name": "hybrid", "pid": "x"}', "\udcff"])
def test_a_damaged_file_counts_as_nothing_and_is_noticed(state: StateFolder, text: str) -> None:
    (state.folder / "hybrid.json").write_bytes(text.encode(errors="surrogateescape"))
    assert state.running("hybrid") is None
    assert state.is_damaged("hybrid")


def test_nobody_else_reads_any_of_it(state: StateFolder, started: Started) -> None:
    mask = os.umask(0)
    try:
        state.write(started)
        with state.new_log("hybrid") as log:
            os.write(log, b"text")
    finally:
        os.umask(mask)
    modes = {file.name: stat.S_IMODE(file.stat().st_mode) for file in state.folder.iterdir()}
    assert modes == {"hybrid.json": 0o600, "hybrid.log": 0o600, "hybrid.lock": 0o600}
    assert stat.S_IMODE(state.folder.stat().st_mode) == 0o700


def test_the_log_before_is_kept(state: StateFolder) -> None:
    for text in (b"one", b"two", b"three"):
        with state.new_log("hybrid") as log:
            os.write(log, text)
    assert state.log_text("hybrid") == "three"
    assert (state.folder / "hybrid.log.1").read_text() == "two"


def test_a_link_in_the_place_of_the_log_is_not_written_through(state: StateFolder, tmp_path: Path) -> None:
    target = tmp_path / "target"
    target.write_text("kept")
    state.log("hybrid").symlink_to(target)
    with state.new_log("hybrid") as log:
        os.write(log, b"text")
    assert target.read_text() == "kept"
    assert state.log_text("hybrid") == "text"


def test_only_one_at_a_time_starts_a_server(state: StateFolder) -> None:
    with state.lock("hybrid"):
        with pytest.raises(LaunchError, match="just being started by another"), state.lock("hybrid"):
            pass
        with state.lock("precise"):
            pass
    with state.lock("hybrid"):
        pass


def test_a_relative_state_home_counts_as_unset(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.setenv("XDG_STATE_HOME", "here")
    assert StateFolder().folder == tmp_path / ".local/state/qcn-lsp/backends"
    monkeypatch.setenv("XDG_STATE_HOME", "/there")
    assert StateFolder().folder == Path("/there/qcn-lsp/backends")
