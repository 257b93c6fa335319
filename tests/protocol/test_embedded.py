"""Without any model: the analyzers' candidates, at once."""

from pathlib import Path

import pytest
from lsprotocol import types

from protocol.driver import client_capabilities, commit_all, editing


async def test_candidates_are_shown_for_a_file_outside_git(workspace: Path) -> None:
    async with editing(workspace) as editor:
        uri = editor.open("shop.py")
        await editor.until_quiet(uri)
        assert editor.codes(uri) == [(5, "CWE-89", "candidate"), (9, "CWE-328", "candidate")]
        sql = editor.shown(uri)[0]
        assert sql.source == "qcn-lsp"
        assert sql.severity is types.DiagnosticSeverity.Warning
        assert sql.message.endswith("(candidate, no model has looked)")
        assert sql.code_description
        assert sql.code_description.href == "https://cwe.mitre.org/data/definitions/89.html"


async def test_in_git_only_what_changed_is_shown_and_the_whole_file_on_demand(workspace: Path) -> None:
    commit_all(workspace)
    async with editing(workspace) as editor:
        uri = editor.open("shop.py")
        await editor.until_quiet(uri)
        assert editor.codes(uri) == []
        editor.type(uri, 9, 11, "hashlib.sha1(text) and ")
        await editor.until_quiet(uri)
        assert [line for line, _, _ in editor.codes(uri)] == [9, 9]
        assert await editor.command("qcn.reviewFile", uri) == {"units": 4}
        await editor.until(lambda: len(editor.codes(uri)) == 3)
    async with editing(workspace, settings={"review": {"scope": "file"}}) as editor:
        uri = editor.open("shop.py")
        await editor.until(lambda: len(editor.codes(uri)) == 2)


async def test_a_finding_goes_with_its_code_and_closing_takes_all(workspace: Path) -> None:
    async with editing(workspace) as editor:
        uri = editor.open("shop.py")
        await editor.until_quiet(uri)
        editor.type(uri, 5, 0, "", end=(6, 0))
        editor.type(uri, 5, 0, "    return []\n")
        await editor.until_quiet(uri)
        assert editor.codes(uri) == [(9, "CWE-328", "candidate")]
        editor.close(uri)
        await editor.until(lambda: editor.shown(uri) == [])


async def test_hover_tells_what_is_known_and_nothing_elsewhere(workspace: Path) -> None:
    async with editing(workspace) as editor:
        uri = editor.open("shop.py")
        await editor.until_quiet(uri)
        document = types.TextDocumentIdentifier(uri)
        hover = await editor.client.text_document_hover_async(types.HoverParams(document, types.Position(5, 30)))
        assert hover
        assert isinstance(hover.contents, types.MarkupContent)
        for part in ("CWE-89", "SQL", "candidate", "ruff:S608", "https://cwe.mitre.org/data/definitions/89.html"):
            assert part in hover.contents.value
        assert await editor.client.text_document_hover_async(types.HoverParams(document, types.Position(0, 0))) is None


async def test_a_client_that_can_pull_pulls_and_is_pushed_nothing(workspace: Path) -> None:
    async with editing(workspace, capabilities=client_capabilities(pull=True)) as editor:
        assert editor.capabilities.diagnostic_provider
        uri = editor.open("shop.py")
        document = types.TextDocumentIdentifier(uri)
        report = await editor.client.text_document_diagnostic_async(types.DocumentDiagnosticParams(document))
        assert isinstance(report, types.RelatedFullDocumentDiagnosticReport)
        assert [item.code for item in report.items] == ["CWE-89", "CWE-328"]
        again = await editor.client.text_document_diagnostic_async(
            types.DocumentDiagnosticParams(document, previous_result_id=report.result_id)
        )
        assert isinstance(again, types.RelatedUnchangedDocumentDiagnosticReport)
        editor.type(uri, 9, 4, "import os; os.system(text)\n    ")
        report = await editor.client.text_document_diagnostic_async(types.DocumentDiagnosticParams(document))
        assert isinstance(report, types.RelatedFullDocumentDiagnosticReport)
        assert [item.code for item in report.items] == ["CWE-89", "CWE-78", "CWE-328"]
        assert editor.client.published == []


async def test_a_client_that_cannot_refresh_is_pushed_to_and_not_told_to_pull(workspace: Path) -> None:
    capabilities = client_capabilities(pull=True)
    assert capabilities.workspace
    capabilities.workspace.diagnostics = None
    async with editing(workspace, capabilities=capabilities) as editor:
        assert editor.capabilities.diagnostic_provider is None
        uri = editor.open("shop.py")
        await editor.until_quiet(uri)
        assert len(editor.shown(uri)) == 2


@pytest.mark.parametrize(("encoding", "start"), [("utf-8", 12), ("utf-16", 10), ("utf-32", 9)])
async def test_places_are_counted_as_the_client_counts(workspace: Path, encoding: str, start: int) -> None:
    text = 'import os\nx = "😀"; os.system(input())\n'
    async with editing(workspace, capabilities=client_capabilities(encoding=encoding)) as editor:
        uri = editor.open("emoji.py", text)
        await editor.until_quiet(uri)
        (finding,) = editor.shown(uri)
        assert finding.range.start == types.Position(1, start)
        # Typing behind the emoji must land there too.
        editor.type(uri, 1, start, "pass #")
        await editor.until_quiet(uri)
        assert editor.shown(uri) == []
