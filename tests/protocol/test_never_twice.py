"""What was reviewed once costs no request again. The server is the simulator."""

from pathlib import Path

import pytest

from protocol.driver import Editor, backend, commit_all, editing, state_of
from servers.fixtures import StartSimulator
from servers.processes import stop

SCRIPT = """
[[answer]]
match = "SELECT"
findings = [{ cwe = 89, severity = "critical", anchor = "db.execute(", reason = "name reaches the SQL text unescaped" }]

[[answer]]
match = "def greet"
findings = [{ cwe = 79, severity = "high", anchor = "return mark", reason = "unescaped", prevented_by = PREVENTED }]
"""
FOUND = [(5, "CWE-89", "verified"), (13, "CWE-79", "verified")]
FAST = ("--speed", "0")


@pytest.fixture
def log(tmp_path: Path) -> Path:
    return tmp_path / "requests.jsonl"


@pytest.fixture
def script(tmp_path: Path, request: pytest.FixtureRequest) -> Path:
    path = tmp_path / "script.toml"
    path.write_text(SCRIPT.replace("PREVENTED", getattr(request, "param", "0")))
    return path


def logged(log: Path) -> int:
    return len(log.read_text().splitlines())


async def until_found(editor: Editor, uri: str) -> None:
    await editor.until(lambda: editor.codes(uri) == FOUND)
    await editor.until_quiet(uri)


async def test_after_a_restart_the_findings_are_back_at_once_though_no_server_is_there(
    workspace: Path, simulator: StartSimulator, script: Path
) -> None:
    server = simulator(*FAST, "--script", str(script))
    async with editing(workspace, config=backend(server.base_url)) as editor:
        await until_found(editor, editor.open("shop.py"))
    stop(server.process)
    async with editing(workspace, config=backend(server.base_url)) as editor:
        uri = editor.open("shop.py")
        await editor.until(lambda: editor.codes(uri) == FOUND)
        await editor.until_quiet(uri)
        assert {tuple(state for _, _, state in codes) for codes in published(editor, uri)} == {("verified", "verified")}
        assert "nothing answers" not in editor.logged


async def test_a_restart_and_a_renamed_file_ask_nothing(
    workspace: Path, simulator: StartSimulator, script: Path, log: Path
) -> None:
    server = simulator(*FAST, "--script", str(script), "--log", str(log))
    async with editing(workspace, config=backend(server.base_url)) as editor:
        await until_found(editor, editor.open("shop.py"))
        asked = logged(log)
        (workspace / "renamed.py").write_text((workspace / "shop.py").read_text())
        await until_found(editor, editor.open("renamed.py"))
    async with editing(workspace, config=backend(server.base_url)) as editor:
        await until_found(editor, editor.open("shop.py"))
        await editor.asked(log, asked)


async def test_another_branch_and_back_asks_about_what_is_new_only(
    workspace: Path, simulator: StartSimulator, script: Path, log: Path
) -> None:
    commit_all(workspace)
    text = (workspace / "shop.py").read_text()
    other = text.replace("hashlib.md5", "hashlib.sha256")
    server = simulator(*FAST, "--script", str(script), "--log", str(log))
    for branch in (other, text, other):
        (workspace / "shop.py").write_text(branch)
        async with editing(workspace, config=backend(server.base_url)) as editor:
            await editor.until_quiet(editor.open("shop.py"))
            await editor.asked(log, 1)


async def test_a_cleared_cache_is_asked_again(
    workspace: Path, simulator: StartSimulator, script: Path, log: Path
) -> None:
    server = simulator(*FAST, "--script", str(script), "--log", str(log))
    async with editing(workspace, config=backend(server.base_url)) as editor:
        uri = editor.open("shop.py")
        await until_found(editor, uri)
        asked = logged(log)
        assert await editor.command("qcn.clearCache") == {"reviews": 4}
        await editor.until(lambda: {state for _, _, state in editor.codes(uri)} == {"candidate"})
        editor.save(uri)
        await until_found(editor, uri)
        await editor.asked(log, 2 * asked)


@pytest.mark.parametrize(("script", "shown"), [("0", FOUND[1:]), ("3", [])], indirect=["script"])
async def test_a_serious_finding_of_the_model_alone_is_looked_at_twice(
    workspace: Path, simulator: StartSimulator, script: Path, log: Path, shown: list[tuple[int, str, str]]
) -> None:
    commit_all(workspace)
    server = simulator(*FAST, "--script", str(script), "--log", str(log))
    async with editing(workspace, config=backend(server.base_url)) as editor:
        uri = editor.open("shop.py")
        await editor.until_quiet(uri)
        editor.type(uri, 13, 14, "?")
        editor.save(uri)
        first, second = await editor.asked(log, 2)
        await editor.until(lambda: editor.codes(uri) == shown)
        assert second["completion_tokens"] <= 2
        # Only the end of the first prompt, the first answer and the second question had to be read.
        assert first["prompt_tokens"] - 8 <= second["cached_tokens"] <= first["prompt_tokens"]


async def test_what_a_question_begins_with_is_read_while_somebody_types(
    workspace: Path, simulator: StartSimulator, script: Path, log: Path
) -> None:
    commit_all(workspace)
    server = simulator(*FAST, "--script", str(script), "--log", str(log))
    async with editing(workspace, config=backend(server.base_url)) as editor:
        uri = editor.open("shop.py")
        await editor.until_quiet(uri)
        editor.type(uri, 9, 4, "# a remark\n    ")  # says nothing new
        await editor.until_quiet(uri)
        editor.type(uri, 10, 4, "pass; ")
        await editor.until_quiet(uri)
        advance, again = await editor.asked(log, 2, in_advance=True)
        assert advance["completion_tokens"] == again["completion_tokens"] == 1
        editor.save(uri)
        (question,) = await editor.asked(log, 1)
        assert question["cached_tokens"] >= advance["prompt_tokens"] - 16


async def test_a_fast_backend_gives_its_opinion_first(workspace: Path, simulator: StartSimulator, script: Path) -> None:
    commit_all(workspace)
    precise, nvfp4 = simulator("--script", str(script)), simulator(*FAST, "--script", str(script), mode="nvfp4")
    config = backend(precise.base_url, name="slow") + backend(nvfp4.base_url, "nvfp4", "vllm", "quick")
    async with editing(workspace, config=config) as editor:
        uri = editor.open("shop.py")
        await editor.until_quiet(uri)
        editor.type(uri, 5, 4, "pass; ")
        editor.save(uri)
        await editor.until(lambda: editor.codes(uri) == [(5, "CWE-89", "preliminary")])
        assert "by nvfp4" in editor.shown(uri)[0].message
        await editor.until(lambda: editor.codes(uri) == [(5, "CWE-89", "verified")])
        assert "by precise" in editor.shown(uri)[0].message
        assert all(codes for codes in published(editor, uri)[-3:])


def published(editor: Editor, uri: str) -> list[list[tuple[int, str, str]]]:
    """Everything that was ever shown of a document, without the empty first."""
    shown = [one.diagnostics for one in editor.client.published if one.uri == uri and one.diagnostics]
    return [[(one.range.start.line, str(one.code), state_of(one)) for one in diagnostics] for diagnostics in shown]
