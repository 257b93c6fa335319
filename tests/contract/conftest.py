"""Starts the servers of the contract suite, each once."""

from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import ExitStack
from dataclasses import replace

import pytest

from contract.asking import until_free
from contract.targets import COUNTING, CTX, ENDLESS, REAL_LLAMA, SIMULATED, Target, replies
from qcn_lsp.backends.registry import create
from qcn_lsp.config.settings import Mode
from qcn_lsp.core.generation import Backend
from servers.fixtures import simulator_command
from servers.processes import ServerProcess, running
from servers.replay import replaying

SCRIPT = f"""
[[answer]]
match = "{ENDLESS}"
raw = '''{"ab " * 4000}'''

[[answer]]
match = "def find("
findings = [{{ cwe = 89, severity = "high", anchor = "execute(", reason = "name reaches the SQL text" }}]

[[complete]]
prefix_ends = '''{COUNTING}'''
text = '''{"ab " * 4000}'''

[[complete]]
prefix_ends = "return "
text = "left + right"
"""
# Slow enough that an endless answer outlives every test, and fast enough to wait for a short one.
SPEEDS = {Mode.PRECISE: "8", Mode.HYBRID: "1", Mode.NVFP4: "1"}


@pytest.fixture(scope="session")
def simulated(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Callable[[Mode], ServerProcess]]:
    script = tmp_path_factory.mktemp("script") / "script.toml"
    script.write_text(SCRIPT)
    started: dict[Mode, ServerProcess] = {}
    with ExitStack() as stack:

        def start(mode: Mode) -> ServerProcess:
            if mode not in started:
                options = ("--speed", SPEEDS[mode], "--ctx", str(CTX), "--batch", "512", "--script", str(script))
                started[mode] = stack.enter_context(running(simulator_command(*options, "--metrics", mode=mode)))
            return started[mode]

        yield start


@pytest.fixture
async def target(request: pytest.FixtureRequest) -> AsyncIterator[Target]:
    chosen: Target = request.param
    if chosen.recorded:
        async with replaying(replies(chosen)) as server:
            yield replace(chosen, base_url=server.base_url)
        return
    if chosen.name.endswith(REAL_LLAMA.name):
        chosen = replace(chosen, base_url=request.getfixturevalue("real_llama").base_url)
    elif chosen.name in SIMULATED or chosen.protocol_only:
        chosen = replace(chosen, base_url=request.getfixturevalue("simulated")(chosen.mode).base_url)
    yield chosen


@pytest.fixture
async def backend(target: Target) -> AsyncIterator[Backend]:
    created = create(target.settings())
    yield created
    await created.close()
    # The next test starts with a free slot even if this one has failed.
    await until_free(target)
