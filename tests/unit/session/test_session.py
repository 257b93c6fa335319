"""What an editor is shown and told while its servers come and go. All servers here are simulators."""

from collections.abc import AsyncIterator, Callable
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, field, replace
from pathlib import Path

from protocol.driver import commit_all
from qcn_lsp.config.published import PUBLISHED
from qcn_lsp.config.settings import BackendSettings, Mode, ReviewSettings, Settings, Trigger
from qcn_lsp.core.document import Document
from qcn_lsp.scheduling.health import Standing
from qcn_lsp.session.session import Session
from qcn_lsp.session.status import Status
from qcn_lsp.session.watch import Progress
from qcn_lsp.simulator.options import Fault
from servers.simulated import fast, simulating, until
from unit.session.silent import silent

CODE = "def find(db, name):\n    return db.execute(f\"SELECT * FROM users WHERE name = '{name}'\")\n"
URI = "untitled:shop.py"
NOBODY = "http://127.0.0.1:9/v1"
PRECISE, HYBRID = fast(Mode.PRECISE), fast(Mode.HYBRID)


@dataclass(slots=True)
class Bar:
    text: str = ""

    def report(self, progress: Progress, done: int, total: int) -> None: ...

    def end(self, text: str) -> None:
        self.text = text


@dataclass(slots=True)
class Editor:
    """An editor in front of a session, and everything it was told."""

    session: Session = field(init=False)
    informed: list[str] = field(default_factory=list)
    statuses: list[Status] = field(default_factory=list)
    bars: list[Bar] = field(default_factory=list)

    def findings_changed(self, uri: str) -> None: ...

    def status_changed(self) -> None:
        self.statuses.append(self.session.status())

    def inform(self, text: str) -> None:
        self.informed.append(text)

    def begin_progress(self, title: str, cancel: Callable[[], None]) -> Bar:
        assert title
        assert callable(cancel)
        self.bars.append(Bar())
        return self.bars[-1]

    def open(self, code: str = CODE, uri: str = URI, root: Path | None = None) -> None:
        self.session.open(Document(uri, "shop.py", "python", code, 1, root))

    def states(self, uri: str = URI) -> list[str]:
        return [finding.state.value for finding in self.session.findings(uri)[1]]

    async def until(self, met: Callable[[], object]) -> None:
        async def is_met() -> bool:
            return bool(met())

        await until(is_met)

    async def until_idle(self) -> None:
        await self.until(lambda: self.statuses and self.statuses[-1].reviewing == 0 == self.session.status().reviewing)

    def is_due(self, backend: str) -> None:
        """Lets time pass until a backend is asked again."""
        self.session.engine.router.health(backend).due = 0.0


def backends(**bases: str) -> Settings:
    return Settings(
        tuple(
            BackendSettings(mode.value, mode, PUBLISHED[mode].server, bases.get(mode.value, NOBODY))
            for mode in (Mode.PRECISE, Mode.HYBRID)
        )
    )


@asynccontextmanager
async def editing(settings: Settings) -> AsyncIterator[Editor]:
    editor = Editor()
    editor.session = Session(editor, settings)
    try:
        yield editor
    finally:
        await editor.session.shut_down()
        assert all(bar.text for bar in editor.bars)


async def test_a_better_server_that_returns_while_a_lesser_one_reviews_looks_at_it_afterwards() -> None:
    async with AsyncExitStack() as servers:
        precise = await servers.enter_async_context(simulating(PRECISE))
        await servers.aclose()
        hybrid = await servers.enter_async_context(simulating(replace(HYBRID, speed=5.0)))
        settings = backends(precise=f"{precise}/v1", hybrid=f"{hybrid}/v1")
        editor = await servers.enter_async_context(editing(settings))
        editor.open()
        await editor.until(lambda: editor.session.engine.scheduler.running("hybrid"))
        async with simulating(PRECISE, port=int(precise.rpartition(":")[2])):
            editor.is_due("precise")
            await editor.session.engine.router.probe_due((Mode.PRECISE,))
            assert editor.session.engine.scheduler.running("hybrid")
            await editor.until(lambda: editor.states() == ["verified"])


async def test_settings_that_name_a_server_which_is_there_bring_the_reviews_that_wait() -> None:
    async with simulating(PRECISE) as precise, editing(backends()) as editor:
        editor.open()
        await editor.until(lambda: editor.statuses and editor.statuses[-1].unserved == 1)
        await editor.until_idle()
        editor.session.configure(backends(precise=f"{precise}/v1"))
        await editor.until(lambda: editor.states() == ["verified"])
        await editor.until(lambda: editor.statuses[-1].unserved == 0)


async def test_settings_that_change_while_a_server_is_asked_tell_nothing_of_the_old_ones() -> None:
    async with (
        silent() as hanging,
        simulating(PRECISE) as precise,
        editing(backends(precise=hanging.base_url)) as editor,
    ):
        editor.open()
        await hanging.asked.wait()
        editor.session.configure(backends(precise=f"{precise}/v1"))
        await editor.until(lambda: editor.states() == ["verified"])
        assert editor.informed == []


async def test_a_file_that_is_closed_while_a_server_is_asked_leaves_nothing_behind() -> None:
    async with silent() as hanging, editing(backends(precise=hanging.base_url)) as editor:
        editor.open()
        await hanging.asked.wait()
        editor.session.close(URI)
        hanging.hang_up()
        await editor.until_idle()
        assert editor.informed == []
        assert editor.bars == []
        assert editor.session.status().unserved == 0


async def test_what_is_known_stays_when_it_is_asked_for_again_and_nobody_is_there() -> None:
    async with AsyncExitStack() as servers:
        precise = await servers.enter_async_context(simulating(PRECISE))
        async with editing(backends(precise=f"{precise}/v1")) as editor:
            editor.open()
            await editor.until(lambda: editor.states() == ["verified"])
            await editor.until_idle()
            await servers.aclose()
            assert await editor.session.review(URI, 0) == 1
            await editor.until(lambda: editor.informed)
            await editor.until_idle()
            assert editor.states() == ["verified"]
            assert "What precise found stays" in editor.informed[0]


async def test_what_is_committed_waits_for_no_server(tmp_path: Path) -> None:
    file = tmp_path / "shop.py"
    file.write_text("pass\n")
    commit_all(tmp_path)
    async with editing(backends()) as editor:
        editor.open(uri=file.as_uri(), root=tmp_path)
        await editor.until(lambda: editor.statuses and editor.statuses[-1].unserved == 1)
        await editor.until_idle()
        file.write_text(CODE)
        commit_all(tmp_path)
        editor.session.save(file.as_uri())
        await editor.session.settled(file.as_uri())
        await editor.until(lambda: editor.session.status().unserved == 0)
        assert editor.session._awaited() == ()


async def test_what_was_found_before_the_server_died_is_not_said_to_be_the_analyzers() -> None:
    flaws = "".join(f"    db.execute(f\"DELETE FROM t{number} WHERE name = '{{name}}'\")\n" for number in range(8))
    async with (
        simulating(replace(PRECISE, faults=(Fault.CUT,))) as precise,
        editing(backends(precise=f"{precise}/v1")) as editor,
    ):
        editor.open(CODE + flaws)
        await editor.until(lambda: editor.informed)
        await editor.until_idle()
        assert "verified" in editor.states()
        assert editor.informed[0].endswith("What precise found stays")


async def test_the_editor_hears_that_a_server_is_back_although_nothing_waits_for_it() -> None:
    async with AsyncExitStack() as servers:
        precise = await servers.enter_async_context(simulating(PRECISE))
        await servers.aclose()
        settings = backends(precise=f"{precise}/v1")
        async with editing(replace(settings, review=ReviewSettings(trigger=Trigger.MANUAL))) as editor:
            editor.open("x = 1\n")
            await editor.session.review(URI)
            await editor.until(lambda: editor.statuses and editor.statuses[-1].backends[0].state is Standing.DOWN)
            await editor.until_idle()
            editor.session.close(URI)
            async with simulating(PRECISE, port=int(precise.rpartition(":")[2])):
                editor.is_due("precise")
                await editor.session.engine.router.probe_due((Mode.PRECISE,))
                assert editor.statuses[-1].backends[0].state is Standing.UP
