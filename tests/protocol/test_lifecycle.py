"""Starting, ending, and messages no editor should send."""

import asyncio
import json
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

from protocol.driver import NO_BACKENDS, SERVER, backend, environment
from servers.fixtures import StartSimulator

PATIENCE = 60


class Raw:
    """Bytes in, bytes out."""

    def __init__(self, process: subprocess.Popen[bytes]) -> None:
        self.process = process
        assert process.stdin
        assert process.stdout
        self.input, self.output = process.stdin, process.stdout

    def send(self, body: dict[str, Any] | bytes) -> None:
        data = body if isinstance(body, bytes) else json.dumps({"jsonrpc": "2.0", **body}).encode()
        self.input.write(b"Content-Length: %d\r\n\r\n" % len(data) + data)
        self.input.flush()

    def receive(self) -> dict[str, Any]:
        length = 0
        while header := self.output.readline().strip():
            name, _, value = header.partition(b":")
            length = int(value) if name.lower() == b"content-length" else length
        assert length, "the server said nothing more"
        message: dict[str, Any] = json.loads(self.output.read(length))
        return message

    def answer_to(self, number: int | None) -> dict[str, Any]:
        while (message := self.receive()).get("id") != number or "method" in message:
            pass
        return message

    def initialize(self, folder: Path, process_id: int | None = None) -> None:
        params: dict[str, Any] = {"processId": process_id, "rootUri": folder.as_uri(), "capabilities": {}}
        self.send({"id": 1, "method": "initialize", "params": params})
        self.answer_to(1)
        self.send({"method": "initialized", "params": {}})

    def open(self, path: Path, text: str) -> None:
        item = {"uri": path.as_uri(), "languageId": "python", "version": 1, "text": text}
        self.send({"method": "textDocument/didOpen", "params": {"textDocument": item}})

    def until(self, method: str) -> dict[str, Any]:
        while (message := self.receive()).get("method") != method:
            pass
        return message

    def ended(self) -> int:
        return self.process.wait(PATIENCE)


@pytest.fixture
def home(tmp_path: Path) -> Path:
    (tmp_path / "config.toml").write_text(NO_BACKENDS)
    return tmp_path


@contextmanager
def serving(home: Path, *command: str) -> Iterator[Raw]:
    process = subprocess.Popen(
        command or SERVER, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE, env=environment(home)
    )
    try:
        yield Raw(process)
    finally:
        process.kill()
        process.wait()
        for stream in (process.stdin, process.stdout, process.stderr):
            if stream:
                stream.close()


def test_shutdown_then_exit_is_0(home: Path) -> None:
    with serving(home) as server:
        server.initialize(home)
        server.send({"id": 2, "method": "shutdown"})
        assert server.answer_to(2)["result"] is None
        server.send({"id": 3, "method": "textDocument/hover", "params": {}})
        assert server.answer_to(3)["error"]["code"] == -32600
        server.send({"method": "exit"})
        assert server.ended() == 0


def test_exit_alone_is_1(home: Path) -> None:
    with serving(home) as server:
        server.initialize(home)
        server.send({"method": "exit"})
        assert server.ended() == 1


@pytest.mark.parametrize("rest", [b"", b'Content-Length: 500\r\n\r\n{"jsonrpc"'])
def test_a_client_that_goes_away_ends_the_server(home: Path, rest: bytes) -> None:
    with serving(home) as server:
        server.initialize(home)
        server.input.write(rest)
        server.input.close()
        assert server.ended() == 1


def test_an_editor_process_that_dies_ends_the_server(home: Path) -> None:
    editor = subprocess.Popen([sys.executable, "-c", "input()"], stdin=subprocess.PIPE)
    with serving(home) as server:
        server.initialize(home, editor.pid)
        editor.kill()
        editor.wait()
        assert server.ended() == 1
    assert editor.stdin
    editor.stdin.close()


def test_a_client_that_dies_in_the_middle_of_a_review_leaves_no_work_on_the_model_server(
    home: Path, simulator: StartSimulator
) -> None:
    model = simulator("--port", "0", "--log", str(home / "log"))
    (home / "config.toml").write_text(backend(model.base_url))
    with serving(home) as server:
        server.initialize(home)
        server.open(home / "a.py", "def f(x):\n" + "    y = x\n" * 200)
        while server.until("qcn/status")["params"]["backends"][0]["state"] != "up":
            pass
        server.input.close()
        assert server.ended() == 1


def test_requests_before_initialize_are_refused(home: Path) -> None:
    with serving(home) as server:
        server.send({"id": 7, "method": "textDocument/hover", "params": {}})
        assert server.answer_to(7)["error"]["code"] == -32002
        server.send({"method": "textDocument/didOpen", "params": {}})
        server.initialize(home)
        server.send(
            {"id": 8, "method": "initialize", "params": {"processId": None, "rootUri": None, "capabilities": {}}}
        )
        assert server.answer_to(8)["error"]["code"] == -32600


def test_messages_nobody_should_send_are_answered_and_survived(home: Path) -> None:
    hover = {"textDocument": {"uri": "file:///x.py"}, "position": {"line": 0, "character": 0}}
    uri = (home / "a.py").as_uri()
    change = {"range": {"start": {"line": 9, "character": 9}, "end": {"line": 0, "character": 0}}, "text": "x"}
    with serving(home) as server:
        server.initialize(home)
        server.send(b'{"jsonrpc": "2.0", "id"')
        assert server.answer_to(None)["error"]["code"] == -32700
        server.send({"id": 2, "method": "no/such", "params": {}})
        assert server.answer_to(2)["error"]["code"] == -32601
        server.send({"id": 3, "method": "textDocument/hover", "params": {"position": "everywhere"}})
        assert server.answer_to(3)["error"]["code"] == -32602
        server.send({"id": 4, "method": "workspace/executeCommand", "params": {"command": "rm"}})
        assert server.answer_to(4)["error"]["code"] == -32602
        for method in ("textDocument/didChange", "textDocument/didSave", "textDocument/didClose", "$/nothing"):
            params = {"textDocument": {"uri": "file:///never/opened.py", "version": 2}, "contentChanges": [change]}
            server.send({"method": method, "params": params})
        server.open(home / "a.py", "x = 1\n")
        server.send(
            {
                "method": "textDocument/didChange",
                "params": {"textDocument": {"uri": uri, "version": 2}, "contentChanges": [change]},
            }
        )
        server.send({"method": "$/cancelRequest", "params": {"id": 99}})
        server.send({"id": 5, "method": "textDocument/hover", "params": hover})
        assert server.answer_to(5)["result"] is None


def test_tcp_serves_this_machine_and_refuses_others_unless_told(home: Path) -> None:
    refused = subprocess.run(
        [*SERVER[:-1], "--tcp", "0.0.0.0:0"], env=environment(home), capture_output=True, text=True, check=False
    )
    assert refused.returncode == 2
    assert "add --allow-remote" in refused.stderr


async def test_a_conversation_over_tcp(home: Path) -> None:
    with serving(home, *SERVER[:-1], "--tcp", "127.0.0.1:0") as server:
        said = server.output.readline().decode()
        port = int(said.rpartition(":")[2])
        reader, writer = await asyncio.open_connection("127.0.0.1", port)
        params = b'{"processId":null,"rootUri":null,"capabilities":{}}'
        body = b'{"jsonrpc":"2.0","id":1,"method":"initialize","params":' + params + b"}"
        writer.write(b"Content-Length: %d\r\n\r\n" % len(body) + body)
        assert b"Content-Length" in await reader.readline()
        body = b'{"jsonrpc":"2.0","method":"exit"}'
        writer.write(b"Content-Length: %d\r\n\r\n" % len(body) + body)
        await reader.read()
        writer.close()
        assert server.ended() == 1
