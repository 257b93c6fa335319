"""With a real llama.cpp server and a tiny model: real stream, real grammar, real cancel. Never what it finds."""

import json
import urllib.request
from pathlib import Path
from typing import Any

from lsprotocol import types

from protocol.driver import Editor, backend, client_capabilities, editing, state_of
from servers.processes import ServerProcess

LONG = "def handler(request, db):\n" + "".join(f"    value_{n} = request.args['k{n}']\n" for n in range(60))


def busy(server: ServerProcess) -> bool:
    with urllib.request.urlopen(f"{server.root}/slots") as answer:
        slots: list[dict[str, Any]] = json.load(answer)
    return any(slot["is_processing"] for slot in slots)


async def until_free(server: ServerProcess, editor: Editor) -> None:
    """Asks the server again after each answer of the editor's, so that nothing sleeps."""
    for _ in range(20_000):
        if not busy(server):
            return
        await editor.command("qcn.showStatus")
    raise AssertionError("the slot stayed busy")


async def test_a_review_ends_and_shows_only_what_was_checked(workspace: Path, real_llama: ServerProcess) -> None:
    async with editing(workspace, config=backend(real_llama.base_url)) as editor:
        uri = editor.open("shop.py")
        await editor.until(lambda: editor.progress and editor.progress[0][-1].kind == "end")
        await editor.until(lambda: editor.client.statuses[-1].reviewing == 0)
        # A model of 135 million parameters answers nonsense in the right form: none of it may get through unchecked.
        assert "not in the agreed format" not in editor.logged
        assert "comes from the analyzers alone" not in editor.logged
        lines = (workspace / "shop.py").read_text().split("\n")
        for finding in editor.shown(uri):
            assert state_of(finding) == "verified"
            assert lines[finding.range.start.line].strip()
        (status,) = editor.client.statuses[-1].backends
        assert status.state == "up"
        assert status.tokensPerSecond > 0


async def test_cancelling_the_progress_frees_the_servers_slot(workspace: Path, real_llama: ServerProcess) -> None:
    (workspace / "long.py").write_text(LONG)
    async with editing(workspace, config=backend(real_llama.base_url)) as editor:
        editor.open("long.py")
        await editor.until_the_model_works()
        assert busy(real_llama)
        (token,) = editor.client.progress_reports
        editor.client.window_work_done_progress_cancel(types.WorkDoneProgressCancelParams(token))
        await editor.until(lambda: editor.progress[0][-1].kind == "end")
        assert editor.progress[0][-1].message == "0 of 1 reviewed"
        await until_free(real_llama, editor)


async def test_typing_on_gives_up_what_became_stale(workspace: Path, real_llama: ServerProcess) -> None:
    (workspace / "long.py").write_text(LONG)
    async with editing(workspace, config=backend(real_llama.base_url)) as editor:
        uri = editor.open("long.py")
        await editor.until_the_model_works()
        editor.type(uri, 1, 4, "more = 1; ")
        await editor.until(lambda: editor.progress[0][-1].kind == "end")
        await until_free(real_llama, editor)


async def test_leaving_in_the_middle_of_a_review_leaves_no_work_behind(
    workspace: Path, real_llama: ServerProcess
) -> None:
    (workspace / "long.py").write_text(LONG)
    async with editing(workspace, config=backend(real_llama.base_url)) as editor:
        editor.open("long.py")
        await editor.until_the_model_works()
    async with editing(workspace, capabilities=client_capabilities(progress=False)) as editor:
        await until_free(real_llama, editor)
