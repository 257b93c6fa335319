"""Texts, repositories and settings that no server should die of."""

import json
from pathlib import Path

import pytest
from lsprotocol import types

from protocol.driver import Editor, client_capabilities, commit_all, editing

FLAW = "import os\nos.system(input())\n"

SKIPPED = {
    "NUL": ("x = 1\0\n", "holds NUL characters"),
    "5 MB": ("x = 1\n" * 900_000, "larger than review.max_file_kib"),
    "minified": ("x = [" + "1," * 15_000 + "]\n", "taken for minified"),
}
TAKEN = {
    "empty": ("", None),
    "CRLF": (FLAW.replace("\n", "\r\n"), 1),
    "CR": (FLAW.replace("\n", "\r"), 1),
    "byte order mark": ("\ufeff" + FLAW, 1),
    "form feed and U+2028": ("# \f \u2028 \x85\n" + FLAW, 2),
    "broken syntax": ("def (:\n" + FLAW, None),
    "nothing but brackets": ("(" * 5000, None),
    "very deep": ("x = " + "[" * 3000 + "]" * 3000 + "\n", None),
}


async def still_serves(editor: Editor) -> None:
    uri = editor.open("after.py", FLAW)
    await editor.until(lambda: [code for _, code, _ in editor.codes(uri)] == ["CWE-78"])


@pytest.mark.parametrize("case", SKIPPED)
async def test_text_no_person_wrote_is_skipped_and_the_log_says_why(workspace: Path, case: str) -> None:
    text, reason = SKIPPED[case]
    async with editing(workspace) as editor:
        uri = editor.open("odd.py", text)
        await editor.until(lambda: reason in editor.logged)
        assert editor.shown(uri) == []
        assert editor.warned == ""
        await still_serves(editor)


@pytest.mark.parametrize("case", TAKEN)
async def test_odd_text_is_reviewed_where_it_can_be(workspace: Path, case: str) -> None:
    text, line = TAKEN[case]
    async with editing(workspace) as editor:
        uri = editor.open("odd.py", text)
        await editor.until_quiet(uri)
        if line is not None:
            assert [one for one, _, _ in editor.codes(uri)] == [line]
        await still_serves(editor)


async def test_a_lone_surrogate_is_survived(workspace: Path) -> None:
    async with editing(workspace) as editor:
        uri = editor.open("odd.py", "x = '")
        await editor.until_quiet(uri)
        # JSON can spell what UTF-8 cannot.
        message = {
            "jsonrpc": "2.0",
            "method": "textDocument/didChange",
            "params": {
                "textDocument": {"uri": uri, "version": 2},
                "contentChanges": [{"text": 'import os\nx = "\ud800"; os.system(input())\n'}],
            },
        }
        body = json.dumps(message).encode()
        writer = editor.client.protocol.writer
        assert writer
        writer.write(b"Content-Length: %d\r\n\r\n" % len(body) + body)
        await editor.until(lambda: [code for _, code, _ in editor.codes(uri)] == ["CWE-78"])
        await still_serves(editor)


@pytest.mark.parametrize("language", ["", "klingon", "plaintext", "markdown"])
async def test_a_language_nobody_knows_is_left_alone(workspace: Path, language: str) -> None:
    async with editing(workspace, capabilities=client_capabilities(pull=True)) as editor:
        uri = editor.open("odd.xyz", FLAW, language)
        document = types.DocumentDiagnosticParams(types.TextDocumentIdentifier(uri))
        report = await editor.client.text_document_diagnostic_async(document)
        assert isinstance(report, types.RelatedFullDocumentDiagnosticReport)
        assert not report.items
        assert editor.warned == ""


async def test_other_schemes_are_no_source_of_the_users(workspace: Path) -> None:
    async with editing(workspace) as editor:
        for uri in ("git:/a.py?ref", "output:tasks", "vscode-remote://x/a.py"):
            editor.client.text_document_did_open(
                types.DidOpenTextDocumentParams(types.TextDocumentItem(uri, "python", 1, FLAW))
            )
        await still_serves(editor)
        assert {one.uri for one in editor.client.published} == {editor.uri("after.py")}


async def test_a_broken_repository_counts_as_none(workspace: Path) -> None:
    commit_all(workspace)
    (workspace / ".git" / "HEAD").write_text("broken")
    async with editing(workspace) as editor:
        uri = editor.open("shop.py")
        await editor.until_quiet(uri)
        assert [code for _, code, _ in editor.codes(uri)] == ["CWE-89", "CWE-328"]


async def test_a_wrong_setting_is_named_once_and_the_rest_counts(workspace: Path) -> None:
    config = '[routing]\nreview = ["embedded"]\n[review]\nscope = 7\nmin_severity = "high"\ncolour = "red"\n'
    async with editing(workspace, config=config) as editor:
        uri = editor.open("shop.py")
        await editor.until_quiet(uri)
        assert [code for _, code, _ in editor.codes(uri)] == ["CWE-89"]
        assert "config.toml: review.scope: input should be 'changed' or 'file'" in editor.warned
        assert "review.colour is not a setting" in editor.warned
        assert editor.warned.count("\n") == 1


async def test_a_workspace_cannot_send_code_anywhere(workspace: Path) -> None:
    (workspace / ".qcn-lsp.toml").write_text(
        'ignore = ["secret/"]\n[backends.x]\nmode = "precise"\nserver = "openai"\nbase_url = "http://127.0.0.1:1/v1"\n'
    )
    (workspace / "secret").mkdir()
    (workspace / "secret" / "a.py").write_text(FLAW)
    async with editing(workspace) as editor:
        uri, ignored = editor.open("shop.py"), editor.open("secret/a.py")
        await editor.until_quiet(uri)
        assert "[backends] is not taken from here" in editor.warned
        assert editor.shown(ignored) == []
        assert "nothing answers" not in editor.logged


async def test_a_file_deleted_while_it_is_open_stays_what_the_editor_says(workspace: Path) -> None:
    async with editing(workspace) as editor:
        uri = editor.open("shop.py")
        (workspace / "shop.py").unlink()
        editor.type(uri, 0, 0, "\n")
        editor.save(uri)
        await editor.until_quiet(uri)
        assert len(editor.shown(uri)) == 2
