"""A real small model through the command line: from `backend up local` to `backend down local`."""

import http.client
import json
import os
import socket
import subprocess
import sys
import tomllib
from pathlib import Path

from qcn_lsp.launch.processes import start_mark
from servers.processes import ServerProcess

BACKEND = [sys.executable, "-m", "qcn_lsp", "backend"]


def free_port() -> int:
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        port: int = listener.getsockname()[1]
        return port


def row(table: str, mode: str) -> str:
    return next(line for line in table.splitlines() if line.startswith(mode))


def test_a_real_small_model_from_up_to_down(real_llama: ServerProcess, tmp_path: Path) -> None:
    model = str(real_llama.process.args[-1])  # type: ignore[index] # a list of words
    linked = tmp_path / "a small model.gguf"
    linked.symlink_to(model)
    environment = {**os.environ, "XDG_STATE_HOME": str(tmp_path / "state"), "PYTHONWARNINGS": "error"}
    port = free_port()

    def run(*arguments: str) -> tuple[int, str, str]:
        done = subprocess.run(
            [*BACKEND, *arguments], capture_output=True, text=True, check=False, env=environment, cwd=tmp_path
        )
        assert "Traceback" not in done.stderr
        return done.returncode, done.stdout, done.stderr

    up = ("up", "local", "--model", linked.name, "--port", str(port), "--ctx", "1024", "--threads", "1")
    code, output, errors = run(*up)
    try:
        assert code == 0, errors
        assert tomllib.loads(output) == {
            "backends": {"local": {"mode": "hybrid", "server": "llama.cpp", "base_url": f"http://127.0.0.1:{port}/v1"}}
        }
        assert "CPU memory: weights 92 MiB" in errors
        assert "context: 1,024 tokens" in errors
        connection = http.client.HTTPConnection("127.0.0.1", port, timeout=10)
        connection.request("GET", "/health", headers={"Origin": "http://elsewhere.example"})
        response = connection.getresponse()
        assert response.status == 200
        assert response.getheader("Access-Control-Allow-Origin") is None
        connection.close()
        pid = int(json.loads((tmp_path / "state/qcn-lsp/backends/local.json").read_text())["pid"])
        assert row(run("list")[1], "local").endswith(f"up, started from here (pid {pid})")
        assert str(port) in row(run("list")[1], "local")
        assert "graph splits: 1" in run("show", "local")[1]
        assert run(*up)[::2] == (0, f"qcn-lsp backend: local runs already, as pid {pid} on port {port}\n")
    finally:
        code, _, errors = run("down", "local")
    assert code == 0
    assert errors == f"qcn-lsp backend: local (pid {pid}) is stopped\n"
    assert start_mark(pid) is None
    assert "down" in row(run("list")[1], "local")
