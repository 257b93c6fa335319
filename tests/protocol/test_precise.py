"""With a simulated `precise` backend: what is asked, what is shown, what is not shown."""

from pathlib import Path
from typing import Any

import pytest
from lsprotocol import types

from protocol.driver import backend, client_capabilities, commit_all, editing, state_of
from servers.fixtures import StartSimulator

SCRIPT = """
[[answer]]
match = "def greet"
findings = [{ cwe = 79, severity = "medium", anchor = "return mark", reason = "name reaches the page unescaped" }]

[[answer]]
match = "SELECT"
findings = [{ cwe = 89, severity = "critical", anchor = "db.execute(", reason = "name reaches the SQL text unescaped" }]
"""


@pytest.fixture
def log(tmp_path: Path) -> Path:
    return tmp_path / "requests.jsonl"


@pytest.fixture
def script(tmp_path: Path) -> Path:
    path = tmp_path / "script.toml"
    path.write_text(SCRIPT)
    return path


async def test_one_edit_and_one_save_ask_once_about_that_function(
    workspace: Path, simulator: StartSimulator, script: Path, log: Path
) -> None:
    commit_all(workspace)
    server = simulator("--port", "0", "--speed", "0", "--script", str(script), "--log", str(log))
    async with editing(workspace, config=backend(server.base_url)) as editor:
        uri = editor.open("shop.py")
        await editor.until_quiet(uri)
        editor.type(uri, 13, 14, "?")  # inside the string, behind the emoji, which is two UTF-16 units
        editor.save(uri)
        await editor.until(lambda: [state for _, _, state in editor.codes(uri)] == ["verified"])
        (request,) = await editor.asked(log, 1)
        assert request["completion_tokens"] > 0
        (finding,) = editor.shown(uri)
        assert finding.code == "CWE-79"
        assert finding.message == "name reaches the page unescaped (verified by precise)"
        assert finding.severity is types.DiagnosticSeverity.Warning
        line = '    mark = "😀?"; return mark + name'
        end = len(line.encode("utf-16-le")) // 2
        assert finding.range == types.Range(types.Position(13, 4), types.Position(13, end))


async def test_white_space_comments_and_undo_ask_nothing(
    workspace: Path, simulator: StartSimulator, script: Path, log: Path
) -> None:
    commit_all(workspace)
    server = simulator("--port", "0", "--speed", "0", "--script", str(script), "--log", str(log))
    async with editing(workspace, config=backend(server.base_url)) as editor:
        uri = editor.open("shop.py")
        await editor.until_quiet(uri)
        editor.type(uri, 5, 0, "    # a remark\n\n")
        editor.save(uri)
        await editor.until_quiet(uri)
        editor.type(uri, 7, 4, "pass; ")
        editor.save(uri)
        await editor.until(lambda: "verified" in str(editor.codes(uri)))
        await editor.asked(log, 1)
        editor.type(uri, 7, 4, "", end=(7, 10))
        editor.save(uri)
        await editor.until_quiet(uri)
        assert editor.codes(uri) == []
        editor.type(uri, 7, 4, "pass; ")
        editor.save(uri)
        await editor.until(lambda: "verified" in str(editor.codes(uri)))
        await editor.asked(log, 1)


async def test_a_candidate_the_model_does_not_confirm_is_dismissed(
    workspace: Path, simulator: StartSimulator, script: Path
) -> None:
    server = simulator("--port", "0", "--speed", "0", "--script", str(script))
    async with editing(workspace, config=backend(server.base_url)) as editor:
        uri = editor.open("shop.py")
        verified = [(5, "CWE-89", "verified"), (13, "CWE-79", "verified")]
        await editor.until(lambda: editor.codes(uri) == verified)
        assert any("CWE-328" in str(one.diagnostics) for one in editor.client.published)


@pytest.mark.parametrize("fault", ["garbage", "cut", "500", "lines", "overflow"])
async def test_a_faulty_server_takes_nothing_away_and_shows_nothing_false(
    workspace: Path, simulator: StartSimulator, script: Path, fault: str
) -> None:
    server = simulator("--port", "0", "--speed", "0", "--script", str(script), "--fault", fault)
    async with editing(workspace, config=backend(server.base_url)) as editor:
        uri = editor.open("shop.py")
        await editor.until(lambda: editor.client.statuses and editor.client.statuses[-1].reviewing == 0)
        await editor.until_quiet(uri)
        codes = [code for _, code, _ in editor.codes(uri)]
        # Where it invents lines, it says nothing about the function with the hash, and so dismisses that candidate.
        assert codes == (["CWE-89"] if fault == "lines" else ["CWE-89", "CWE-328"])
        assert {state for _, _, state in editor.codes(uri)} == {"candidate"}
        assert ("does not hold against the code" if fault == "lines" else "the analyzers alone") in editor.logged
        editor.type(uri, 9, 4, "pass; ")
        await editor.until_quiet(uri)


async def test_a_server_that_is_down_is_named_once_and_the_candidates_stay(workspace: Path) -> None:
    async with editing(workspace, config=backend("http://127.0.0.1:9/v1")) as editor:
        uri = editor.open("shop.py")
        await editor.until(lambda: "nothing answers at http://127.0.0.1:9/v1" in editor.logged)
        editor.save(uri)
        await editor.until_quiet(uri)
        assert [state for _, _, state in editor.codes(uri)] == ["candidate", "candidate"]
        assert editor.logged.count("nothing answers") == 1


async def test_reviewing_a_unit_asks_about_it_again_and_says_where_it_stands(
    workspace: Path, simulator: StartSimulator, script: Path, log: Path
) -> None:
    commit_all(workspace)
    server = simulator("--port", "0", "--speed", "0", "--script", str(script), "--log", str(log))
    async with editing(workspace, config=backend(server.base_url)) as editor:
        uri = editor.open("shop.py")
        for count in (1, 2):
            assert await editor.command("qcn.reviewUnit", uri, {"line": 5, "character": 0}) == {"units": 1}
            await editor.until(lambda: [one[-1].kind for one in editor.progress] == ["end"] * count)  # noqa: B023
            await editor.until(lambda: editor.client.statuses[-1].reviewing == 0)
        await editor.asked(log, 2)
        assert editor.codes(uri) == [(5, "CWE-89", "verified")]
        begin = editor.progress[0][0]
        assert begin.title == "Reviewing find of shop.py"
        assert begin.cancellable
        assert "test (precise): up" in await editor.command("qcn.showStatus")


@pytest.mark.parametrize(
    "arguments", [[], [5], ["file:///not/open.py"], ["{uri}", "x"], ["{uri}", -1], ["{uri}", True]]
)
async def test_a_command_with_wrong_arguments_says_what_it_takes(workspace: Path, arguments: list[Any]) -> None:
    async with editing(workspace) as editor:
        uri = editor.open("shop.py")
        with pytest.raises(Exception, match=r"takes|not open"):
            await editor.command("qcn.reviewUnit", *[uri if one == "{uri}" else one for one in arguments])
        with pytest.raises(Exception, match="no command"):
            await editor.command("qcn.none")


async def test_cancelling_a_command_is_answered_and_the_review_it_waits_for_is_left_alone(workspace: Path) -> None:
    async with editing(workspace) as editor:
        uri = editor.open("shop.py")
        request = editor.client.protocol.send_request(
            types.WORKSPACE_EXECUTE_COMMAND, types.ExecuteCommandParams("qcn.reviewFile", [uri]), msg_id="77"
        )
        editor.client.cancel_request(types.CancelParams("77"))
        await editor.until(request.done)
        assert "canceled" in str(request.exception())
        await editor.until_quiet(uri)


async def test_a_verdict_asks_a_pulling_client_to_pull_again(
    workspace: Path, simulator: StartSimulator, script: Path
) -> None:
    server = simulator("--port", "0", "--speed", "0", "--script", str(script))
    capabilities = client_capabilities(pull=True)
    async with editing(workspace, config=backend(server.base_url), capabilities=capabilities) as editor:
        uri = editor.open("shop.py")
        document = types.DocumentDiagnosticParams(types.TextDocumentIdentifier(uri))
        await editor.until(lambda: editor.client.statuses and editor.client.statuses[-1].reviewing == 0)
        await editor.until(lambda: editor.client.diagnostic_refresh_count > 0)
        report = await editor.client.text_document_diagnostic_async(document)
        assert isinstance(report, types.RelatedFullDocumentDiagnosticReport)
        assert [(one.code, state_of(one)) for one in report.items] == [("CWE-89", "verified"), ("CWE-79", "verified")]
        assert editor.client.published == []


@pytest.mark.parametrize("trigger", ["manual", "idle"])
async def test_the_trigger_decides_when_the_model_is_asked(
    workspace: Path, simulator: StartSimulator, script: Path, log: Path, trigger: str
) -> None:
    commit_all(workspace)
    server = simulator("--port", "0", "--speed", "0", "--script", str(script), "--log", str(log))
    async with editing(workspace, config=backend(server.base_url), options={"review.trigger": trigger}) as editor:
        uri = editor.open("shop.py")
        await editor.until_quiet(uri)
        editor.type(uri, 5, 4, "pass; ")
        await editor.until_quiet(uri)
        if trigger == "idle":
            await editor.until(lambda: "verified" in str(editor.codes(uri)))
        editor.save(uri)
        await editor.until_quiet(uri)
        await editor.asked(log, 1 if trigger == "idle" else 0)


async def test_a_review_given_up_for_an_edit_goes_on_when_the_edit_is_undone(
    workspace: Path, simulator: StartSimulator, script: Path, log: Path
) -> None:
    commit_all(workspace)
    server = simulator("--port", "0", "--speed", "4", "--script", str(script), "--log", str(log))
    async with editing(workspace, config=backend(server.base_url)) as editor:
        uri = editor.open("shop.py")
        await editor.until_quiet(uri)
        editor.type(uri, 5, 4, "pass; ")
        editor.save(uri)
        await editor.until_the_model_works()
        editor.type(uri, 5, 4, "more; ")
        await editor.until(lambda: editor.progress[0][-1].kind == "end")
        editor.type(uri, 5, 4, "", end=(5, 10))
        await editor.until(lambda: [state for _, _, state in editor.codes(uri)] == ["verified"])
        assert [one["aborted"] for one in await editor.asked(log, 2)] == [True, False]
