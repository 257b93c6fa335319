"""What becomes of the first opinion of a fast server, and of what was remembered. All servers here are simulators."""

import asyncio
from collections.abc import AsyncIterator, Sequence
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import replace
from pathlib import Path

from protocol.driver import commit_all
from qcn_lsp.config.published import PUBLISHED
from qcn_lsp.config.settings import BackendSettings, Mode, ReviewSettings, RoutingSettings, Scope, Settings, Trigger
from qcn_lsp.core.document import Document
from qcn_lsp.errors import BackendUnavailable
from qcn_lsp.session.session import Session
from qcn_lsp.simulator.options import Options
from qcn_lsp.storage.async_store import AsyncStore
from servers.simulated import fast, logged, simulating, until
from unit.session.test_routing import Bench, serving
from unit.session.test_session import CODE, URI, Editor, editing

PRECISE, NVFP4 = fast(Mode.PRECISE), fast(Mode.NVFP4)
SLOW = replace(PRECISE, speed=20.0)


@asynccontextmanager
async def cascade(precise: Options, nvfp4: Options = NVFP4) -> AsyncIterator[Editor]:
    async with (
        simulating(precise) as slow,
        simulating(nvfp4) as quick,
        editing(settings_for(precise=slow, nvfp4=quick)) as editor,
    ):
        yield editor


def settings_for(**addresses: str) -> Settings:
    backends = tuple(
        BackendSettings(name, Mode(name), PUBLISHED[Mode(name)].server, f"{address}/v1")
        for name, address in addresses.items()
    )
    return Settings(backends, RoutingSettings(review=(Mode.PRECISE, Mode.NVFP4), preview=(Mode.NVFP4,)))


async def test_an_undo_after_the_first_opinion_brings_the_review_that_was_given_up() -> None:
    async with cascade(SLOW) as editor:
        editor.open()
        await editor.until(lambda: editor.states() == ["preliminary"] and quick_is_done(editor))
        for version, text in ((2, CODE.replace("name)", "name, more)")), (3, CODE)):
            editor.session.change(Document(URI, "shop.py", "python", text, version, None))
            await editor.session.settled(URI)
        assert editor.states() == ["preliminary"]
        await editor.until(lambda: editor.states() == ["verified"])


def quick_is_done(editor: Editor) -> bool:
    return not editor.session.engine.scheduler.running("nvfp4") and "nvfp4" in editor.session.engine.spent


async def test_a_first_opinion_does_not_take_the_turn_of_the_review_where_one_server_does_both() -> None:
    async with serving(replace(NVFP4, speed=20.0)) as bench:
        review = asyncio.create_task(bench.review(modes=(Mode.PRECISE, Mode.NVFP4)))
        await until_running(bench)
        await bench.review(modes=(Mode.NVFP4,))
        assert (await review).ready.name == "nvfp4"


async def until_running(bench: Bench) -> None:
    async def is_running() -> bool:
        return bench.engine.scheduler.running("nvfp4") > 0

    await until(is_running)


async def test_what_a_server_was_to_read_in_advance_is_read_again_when_it_was_started_anew(tmp_path: Path) -> None:
    log = tmp_path / "log.jsonl"
    options = replace(PRECISE, log=log)
    async with AsyncExitStack() as servers:
        address = await servers.enter_async_context(simulating(options))
        async with editing(settings_for(precise=address)) as editor:
            editor.session.configure(replace(editor.session.settings, review=ReviewSettings(trigger=Trigger.IDLE)))
            editor.open("x = 1\n")
            await editor.session.finished()
            await type_and_wait(editor, "x = 2\n", 2)
            read = len(logged(log))
            await type_and_wait(editor, "x = 3\n", 3)
            assert len(logged(log)) == read
            await servers.aclose()
            editor.session.engine.router.failed("precise", BackendUnavailable("precise", "has ended"))
            async with simulating(options, port=int(address.rpartition(":")[2])):
                editor.is_due("precise")
                await type_and_wait(editor, "x = 4\n", 4)
                assert len(logged(log)) == read + 2


async def type_and_wait(editor: Editor, text: str, version: int) -> None:
    editor.session.change(Document(URI, "shop.py", "python", text, version, None))
    await editor.session.finished()


async def test_a_store_that_does_not_answer_holds_up_no_candidates(tmp_path: Path) -> None:
    class Stuck(AsyncStore):
        async def get(self, keys: Sequence[str]) -> dict[str, str]:
            assert keys
            await released.wait()
            return {}

    released = asyncio.Event()
    async with simulating() as precise:
        editor = Hearing()
        path = tmp_path / "store" / "reviews.sqlite3"
        editor.session = Session(editor, settings_for(precise=precise), lambda tell: Stuck(path, tell=tell))
        editor.open()
        await editor.until(lambda: editor.heard)
        assert editor.states() == ["candidate"]
        released.set()
        await editor.until(lambda: editor.states() == ["verified"])
        await editor.session.shut_down()


class Hearing(Editor):
    """Counts what it hears of findings."""

    heard = 0

    def findings_changed(self, uri: str) -> None:
        assert uri == URI
        self.heard += 1


async def test_a_file_that_is_asked_about_as_a_whole_costs_nothing_for_what_is_known(tmp_path: Path) -> None:
    log = tmp_path / "log.jsonl"
    folder = tmp_path / "project"
    folder.mkdir()
    (folder / "shop.py").write_text(CODE)
    commit_all(folder)
    async with simulating(replace(PRECISE, log=log)) as precise:
        for _ in range(2):
            async with remembering(settings_for(precise=precise), tmp_path) as editor:
                uri = (folder / "shop.py").as_uri()
                editor.open(uri=uri, root=folder)
                await editor.session.review(uri)
                await editor.session.finished()
                assert editor.states(uri) == ["verified"]
        assert len(logged(log)) == 1


async def test_what_comes_into_scope_without_an_edit_is_looked_up_first(tmp_path: Path) -> None:
    log = tmp_path / "log.jsonl"
    folder = tmp_path / "project"
    folder.mkdir()
    (folder / "shop.py").write_text(CODE)
    commit_all(folder)
    everything = ReviewSettings(scope=Scope.FILE)
    async with simulating(replace(PRECISE, log=log)) as precise:
        settings = settings_for(precise=precise)
        uri = (folder / "shop.py").as_uri()
        for first in (everything, ReviewSettings()):
            async with remembering(replace(settings, review=first), tmp_path) as editor:
                editor.open(uri=uri, root=folder)
                await editor.session.finished()
                editor.session.configure(replace(settings, review=everything))
                await editor.session.finished()
                editor.session.save(uri)
                await editor.session.finished()
                assert editor.states(uri) == ["verified"]
        assert len(logged(log)) == 1


async def test_with_a_manual_trigger_nothing_that_is_remembered_has_a_server_asked(tmp_path: Path) -> None:
    log = tmp_path / "log.jsonl"
    async with simulating(NVFP4) as quick, remembering(settings_for(nvfp4=quick), tmp_path) as editor:
        editor.open()
        await editor.until(lambda: editor.states() == ["preliminary"])
        await editor.until_idle()
    async with simulating(replace(PRECISE, log=log)) as slow:
        settings = replace(settings_for(precise=slow), review=ReviewSettings(trigger=Trigger.MANUAL))
        async with remembering(settings, tmp_path) as editor:
            await editor.session.engine.router.probe_due((Mode.PRECISE,))
            editor.open()
            await editor.session.finished()
            assert editor.states() == ["preliminary"]
            assert logged(log) == []
            await editor.session.review(URI, 0)
            await editor.session.finished()
            assert editor.states() == ["verified"]


@asynccontextmanager
async def remembering(settings: Settings, folder: Path) -> AsyncIterator[Editor]:
    editor = Editor()
    path = folder / "store" / "reviews.sqlite3"
    editor.session = Session(editor, settings, lambda tell: AsyncStore(path, tell=tell))
    try:
        yield editor
    finally:
        await editor.session.shut_down()
