"""An editor under a test's control: the real server over real stdio."""

import asyncio
import json
import subprocess
import sys
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest
from lsprotocol import types
from pygls.protocol import default_converter
from pytest_lsp import LanguageClient, LanguageClientProtocol
from pytest_lsp.client import register_lsp_features

SERVER = [sys.executable, "-m", "qcn_lsp", "--stdio"]
# Only a hang takes this long; a test waits for what it asks about, never for time.
_PATIENCE_SECONDS = 60


class _Protocol(LanguageClientProtocol):
    """Tells whoever waits when anything arrived."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)  # type: ignore[no-untyped-call]
        self.heard = asyncio.Event()

    def handle_message(self, message: Any) -> None:
        super().handle_message(message)
        self.heard.set()


class _Client(LanguageClient):
    protocol: _Protocol

    def __init__(self) -> None:
        super().__init__(converter_factory=default_converter, protocol_cls=_Protocol)
        register_lsp_features(self)
        self.statuses: list[Any] = []
        self.published: list[types.PublishDiagnosticsParams] = []

    def listen(self) -> None:
        """Keeps everything that is published, not only the last of each document."""

        def status(params: Any) -> None:
            self.statuses.append(params)

        def published(params: types.PublishDiagnosticsParams) -> None:
            self.published.append(params)
            self.diagnostics[params.uri] = params.diagnostics

        self.protocol.fm.features.pop(types.TEXT_DOCUMENT_PUBLISH_DIAGNOSTICS)
        self.feature(types.TEXT_DOCUMENT_PUBLISH_DIAGNOSTICS)(published)
        self.feature("qcn/status")(status)


@dataclass(slots=True)
class Editor:
    """What a user does, and what a user sees."""

    client: _Client
    folder: Path
    capabilities: types.ServerCapabilities
    versions: dict[str, int] = field(default_factory=dict)

    def uri(self, name: str) -> str:
        return (self.folder / name).as_uri()

    def open(self, name: str, text: str | None = None, language: str = "python") -> str:
        """Opens a file, with the text on disk unless another is given; returns its URI."""
        uri = self.uri(name)
        if text is None:
            text = (self.folder / name).read_bytes().decode()
        self.versions[uri] = 1
        item = types.TextDocumentItem(uri, language, 1, text)
        self.client.text_document_did_open(types.DidOpenTextDocumentParams(item))
        return uri

    def type(self, uri: str, line: int, character: int, text: str, end: tuple[int, int] | None = None) -> None:
        """Replaces from a place (in the client's units) to `end` by a text."""
        self.versions[uri] += 1
        start = types.Position(line, character)
        change = types.TextDocumentContentChangePartial(
            types.Range(start, types.Position(*(end or (line, character)))), text
        )
        document = types.VersionedTextDocumentIdentifier(self.versions[uri], uri)
        self.client.text_document_did_change(types.DidChangeTextDocumentParams(document, [change]))

    def save(self, uri: str) -> None:
        self.client.text_document_did_save(types.DidSaveTextDocumentParams(types.TextDocumentIdentifier(uri)))

    def close(self, uri: str) -> None:
        self.client.text_document_did_close(types.DidCloseTextDocumentParams(types.TextDocumentIdentifier(uri)))

    async def command(self, name: str, *arguments: Any) -> Any:
        params = types.ExecuteCommandParams(name, list(arguments))
        return await self.client.workspace_execute_command_async(params)

    def shown(self, uri: str) -> list[types.Diagnostic]:
        """The diagnostics pushed last."""
        return list(self.client.diagnostics.get(uri, ()))

    def codes(self, uri: str) -> list[tuple[int, str, str]]:
        """Line, CWE and state of everything shown."""
        return [(one.range.start.line, str(one.code), state_of(one)) for one in self.shown(uri)]

    async def until(self, met: Callable[[], Any]) -> None:
        """Waits for something to be so, looking again whenever the server has said anything."""
        try:
            async with asyncio.timeout(_PATIENCE_SECONDS):
                while not met():
                    self.client.protocol.heard.clear()
                    await self.client.protocol.heard.wait()
        except TimeoutError:
            shown = {uri: self.codes(uri) for uri in self.versions}
            pytest.fail(f"waited in vain; shown: {shown}, status: {self.client.statuses[-1:]}, log: {self.logged}")

    async def until_quiet(self, uri: str) -> None:
        """Waits until the text as it is now is analyzed and nothing is under review."""
        version = self.versions[uri]
        await self.until(lambda: any(one.uri == uri and one.version == version for one in self.client.published))
        await self.until(lambda: not self.client.statuses or self.client.statuses[-1].reviewing == 0)

    async def asked(self, log: Path, count: int, *, in_advance: bool = False) -> list[dict[str, Any]]:
        """The questions a simulator has logged, once there are so many and nothing is under review.

        What is only read in advance, for one token, is left out unless it is what is asked for. A request is logged
        when it is over, which the server may hear a moment earlier.
        """
        await self.until(lambda: not self.client.statuses or self.client.statuses[-1].reviewing == 0)
        async with asyncio.timeout(_PATIENCE_SECONDS):
            while len(requests := _logged(log, in_advance=in_advance)) < count:
                await self.command("qcn.showStatus")  # an answer takes its time, so this is no busy loop
        assert len(requests) == count
        return requests

    async def until_the_model_works(self, bar: int = 0) -> None:
        """Waits until a progress bar, the first unless another is named, tells of tokens: the server has begun."""
        await self.until(
            lambda: len(self.progress) > bar and "tokens" in (getattr(self.progress[bar][-1], "message", "") or "")
        )

    @property
    def progress(self) -> list[list[Any]]:
        """What every progress bar has shown so far."""
        return [list(reports) for reports in self.client.progress_reports.values() if reports]

    @property
    def logged(self) -> str:
        return "\n".join(one.message for one in self.client.log_messages)

    @property
    def warned(self) -> str:
        return "\n".join(one.message for one in self.client.messages)


def state_of(diagnostic: types.Diagnostic) -> str:
    data: Any = diagnostic.data
    state = data["state"] if isinstance(data, dict) else data.state
    return str(state)


def client_capabilities(
    *, encoding: str = "utf-16", pull: bool = False, progress: bool = True
) -> types.ClientCapabilities:
    return types.ClientCapabilities(
        general=types.GeneralClientCapabilities(position_encodings=[types.PositionEncodingKind(encoding)]),
        window=types.WindowClientCapabilities(work_done_progress=progress),
        workspace=types.WorkspaceClientCapabilities(
            configuration=True,
            diagnostics=types.DiagnosticWorkspaceClientCapabilities(refresh_support=True) if pull else None,
        ),
        text_document=types.TextDocumentClientCapabilities(
            hover=types.HoverClientCapabilities(content_format=[types.MarkupKind.Markdown]),
            publish_diagnostics=types.PublishDiagnosticsClientCapabilities(
                related_information=True, version_support=True, code_description_support=True, data_support=True
            ),
            diagnostic=types.DiagnosticClientCapabilities() if pull else None,
        ),
    )


@asynccontextmanager
async def editing(
    folder: Path,
    *,
    config: str = "",
    capabilities: types.ClientCapabilities | None = None,
    options: dict[str, Any] | None = None,
    settings: dict[str, Any] | None = None,
) -> AsyncIterator[Editor]:
    """A session from `initialize` to `exit`, which must end with 0 and an empty standard error.

    Args:
        folder: The workspace.
        config: The user's configuration file.
        capabilities: What the client can do.
        options: `initializationOptions`.
        settings: The client's section `qcn`.
    """
    home = folder.parent / "home"
    home.mkdir(exist_ok=True)
    (home / "config.toml").write_text(config or NO_BACKENDS)
    client = _Client()
    client.set_configuration(settings or {}, section="qcn")
    client.listen()
    await client.start_io(*SERVER, cwd=folder, env=environment(home))
    params = types.InitializeParams(
        capabilities=capabilities or client_capabilities(),
        workspace_folders=[types.WorkspaceFolder(folder.as_uri(), folder.name)],
        root_uri=folder.as_uri(),
        initialization_options=options,
    )
    result = await client.initialize_session(params)
    try:
        yield Editor(client, folder, result.capabilities)
    finally:
        await client.shutdown_session()
        process = client._server
        await client.stop()  # type: ignore[no-untyped-call]
        assert process is not None
        assert process.returncode == 0


def environment(home: Path) -> dict[str, str]:
    """A user's environment without the developer's own settings, and with no way out through a proxy."""
    return {
        "PATH": "/usr/local/bin:/usr/bin:/bin",
        "HOME": str(home),
        "QCN_LSP_CONFIG": str(home / "config.toml"),
        "GIT_CONFIG_GLOBAL": "/dev/null",
        "PYTHONWARNINGS": "error",
    }


# A port on which nothing can listen, so that a developer's own model server is not asked.
NO_BACKENDS = """
[routing]
review = ["embedded"]
"""


def backend(base_url: str, mode: str = "precise", server: str = "llama.cpp", name: str = "test") -> str:
    """A configuration with one backend."""
    return f'[backends.{name}]\nmode = "{mode}"\nserver = "{server}"\nbase_url = "{base_url}"\n'


def commit_all(folder: Path) -> None:
    """Makes the folder a git repository and commits everything in it."""
    identity = ["-c", "user.name=a", "-c", "user.email=a@example.com"]
    for arguments in (["init", "-q"], ["add", "-A"], [*identity, "commit", "-q", "-m", "one"]):
        subprocess.run(["git", *arguments], cwd=folder, check=True, capture_output=True)


def _logged(log: Path, *, in_advance: bool) -> list[dict[str, Any]]:
    lines = [json.loads(line) for line in log.read_text().splitlines()] if log.exists() else []
    return [line for line in lines if (line["max_tokens"] == 1) == in_advance]
