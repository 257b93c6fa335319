"""Three simulated servers, one of which dies and returns: who reviews, what it is worth, and what the user is told."""

from pathlib import Path

import pytest

from protocol.driver import backend, commit_all, editing
from servers.fixtures import StartSimulator, simulator_command
from servers.processes import ServerProcess, running, stop

SCRIPT = """
[[answer]]
match = "SELECT"
findings = [{ cwe = 89, severity = "critical", anchor = "db.execute(", reason = "name reaches the SQL text unescaped" }]
"""
KINDS = {"precise": "llama.cpp", "hybrid": "ik_llama.cpp", "nvfp4": "vllm"}


@pytest.fixture
def script(tmp_path: Path) -> Path:
    path = tmp_path / "script.toml"
    path.write_text(SCRIPT)
    return path


def configuration(**servers: ServerProcess) -> str:
    backends = "".join(backend(one.base_url, mode, KINDS[mode], mode) for mode, one in servers.items())
    return f"{backends}[routing]\npreview = []\n"


async def test_a_review_outlives_its_server_and_is_verified_when_that_returns(
    workspace: Path, simulator: StartSimulator, script: Path, tmp_path: Path
) -> None:
    commit_all(workspace)
    fast = ("--speed", "0", "--script", str(script))
    hybrid, nvfp4 = simulator(*fast, mode="hybrid"), simulator(*fast, mode="nvfp4")
    # Slow enough to be at work still when it is killed.
    precise = simulator("--speed", "1", "--script", str(script))
    config = configuration(precise=precise, hybrid=hybrid, nvfp4=nvfp4)
    async with editing(workspace, config=config) as editor:
        uri = editor.open("shop.py")
        await editor.until_quiet(uri)
        editor.type(uri, 5, 4, "pass; ")
        editor.save(uri)
        await editor.until_the_model_works()
        assert editor.client.statuses[-1].reviewer == "precise"
        precise.process.kill()
        await editor.until(lambda: editor.codes(uri) == [(5, "CWE-89", "preliminary")])
        assert "hybrid reviews instead; what it finds is preliminary" in editor.logged
        await editor.until(lambda: editor.client.statuses[-1].reviewing == 0)
        status = editor.client.statuses[-1]
        assert status.reviewer == "hybrid"
        assert {one.name: one.state for one in status.backends}["precise"] == "down"
        assert "precise: " in next(one.reason for one in status.backends if one.name == "precise")
        assert "precise (precise): down" in await editor.command("qcn.showStatus")
        port = precise.root.rpartition(":")[2]
        log = tmp_path / "returned.jsonl"
        with running(simulator_command("--port", port, *fast, "--log", str(log))):
            await editor.until(lambda: editor.codes(uri) == [(5, "CWE-89", "verified")])
            assert "precise is up: it now reviews one function of shop.py" in editor.logged
            await editor.asked(log, 1)
            assert editor.client.statuses[-1].reviewer == "precise"


async def test_what_nobody_could_review_is_reviewed_when_a_server_starts(
    workspace: Path, script: Path, simulator: StartSimulator
) -> None:
    gone = simulator("--script", str(script))
    stop(gone.process)
    async with editing(workspace, config=configuration(precise=gone)) as editor:
        uri = editor.open("shop.py")
        await editor.until(lambda: "nothing answers at" in editor.logged)
        await editor.until_quiet(uri)
        assert {state for _, _, state in editor.codes(uri)} == {"candidate"}
        assert editor.client.statuses[-1].unserved == 4
        port = gone.root.rpartition(":")[2]
        with running(simulator_command("--port", port, "--speed", "0", "--script", str(script))):
            await editor.until(lambda: editor.codes(uri) == [(5, "CWE-89", "verified")])
            await editor.until(lambda: editor.client.statuses[-1].unserved == 0)


async def test_preliminary_findings_stay_while_precise_looks_again_and_dies_again(
    workspace: Path, simulator: StartSimulator, script: Path
) -> None:
    commit_all(workspace)
    hybrid = simulator("--speed", "0", "--script", str(script), mode="hybrid")
    precise = simulator("--speed", "0", "--script", str(script))
    stop(precise.process)
    async with editing(workspace, config=configuration(precise=precise, hybrid=hybrid)) as editor:
        uri = editor.open("shop.py")
        await editor.until_quiet(uri)
        editor.type(uri, 5, 4, "pass; ")
        editor.save(uri)
        preliminary = [(5, "CWE-89", "preliminary")]
        await editor.until(lambda: editor.codes(uri) == preliminary)
        published = len(editor.client.published)
        port = precise.root.rpartition(":")[2]
        with running(simulator_command("--port", port, "--script", str(script))) as slow:
            await editor.until_the_model_works(bar=1)
            slow.process.kill()
            await editor.until(lambda: editor.progress[1][-1].kind == "end")
        later = [one.diagnostics for one in editor.client.published[published:] if one.uri == uri]
        assert all(diagnostics for diagnostics in later)
        assert editor.codes(uri) == preliminary
        assert "What hybrid found stays" in editor.logged
