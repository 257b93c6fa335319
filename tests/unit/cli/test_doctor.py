"""`qcn-lsp doctor`: what it says of servers that are missing, good, badly started, or something else."""

import json
import os
import socket
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path
from threading import Thread
from typing import Any

import pytest

from qcn_lsp.cli.main import main
from qcn_lsp.config import load, settings
from servers.fixtures import StartSimulator
from servers.processes import ServerProcess

DOCTOR = [sys.executable, "-m", "qcn_lsp", "doctor"]
KINDS = {"precise": "llama.cpp", "hybrid": "ik_llama.cpp", "nvfp4": "vllm"}
NOBODY = "http://127.0.0.1:9/v1"
FAST = ("--speed", "0")


def entry(mode: str, base_url: str, server: str = "", more: str = "") -> str:
    return (
        f'[backends.my-{mode}]\nmode = "{mode}"\nserver = "{server or KINDS[mode]}"\nbase_url = "{base_url}"\n{more}\n'
    )


def doctor(folder: Path, config: str, *arguments: str, **environment: str) -> tuple[int, str]:
    file = folder / "config.toml"
    file.write_text(config)
    done = subprocess.run(
        [*DOCTOR, *arguments],
        env={**os.environ, "QCN_LSP_CONFIG": str(file), "PYTHONWARNINGS": "error", **environment},
        capture_output=True,
        text=True,
        check=False,
        timeout=120,
    )
    assert done.stderr == ""
    return done.returncode, done.stdout


def as_json(folder: Path, config: str, *arguments: str) -> tuple[int, dict[str, Any]]:
    code, output = doctor(folder, config, "--json", *arguments)
    document: dict[str, Any] = json.loads(output)
    return code, document


@contextmanager
def answering(body: bytes, kind: str) -> Iterator[str]:
    """Something else that speaks HTTP and says the same to everything."""

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            self.send_response(200)
            self.send_header("Content-Type", kind)
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *_: object) -> None: ...

    with HTTPServer(("127.0.0.1", 0), Handler) as server:
        thread = Thread(target=server.serve_forever)
        thread.start()
        try:
            yield f"http://127.0.0.1:{server.server_port}/v1"
        finally:
            server.shutdown()
            thread.join()


def remedies(document: dict[str, Any], name: str) -> str:
    (found,) = [one for one in document["backends"] if one["name"] == name]
    return "\n".join(remark["remedy"] for remark in found["remarks"])


def test_with_no_server_it_says_what_works_and_how_to_start_one(tmp_path: Path) -> None:
    code, output = doctor(tmp_path, "".join(entry(mode, NOBODY) for mode in KINDS))
    assert code == 3
    assert output.count(f"Nothing answers at {NOBODY}.") == 3
    assert "qcn-lsp backend command precise --port 9 prints the command that starts it" in output
    assert "No model reviews code now." in output
    assert "its analyzers mark candidates" in output


def test_with_all_servers_it_says_what_each_can_do_and_who_does_what(tmp_path: Path, simulator: StartSimulator) -> None:
    servers = {mode: simulator(*FAST, mode=mode) for mode in KINDS}
    config = "".join(entry(mode, server.base_url) for mode, server in servers.items())
    code, output = doctor(tmp_path, config)
    assert code == 0
    assert output.count("✔") == 3
    assert output.count("simulated-qwen3-coder-next: reviews and completes code.") == 3
    assert output.count("found the SQL injection of the sample") == 3
    assert "Context 16384 tokens, one request at a time, idle" in output
    used = "Used now: my-precise for reviews (findings are verified), my-nvfp4 for completions, my-nvfp4 for fixes"
    assert used in output
    code, document = as_json(tmp_path, config)
    assert document["uses"] == {"review": "my-precise", "complete": "my-nvfp4", "act": "my-nvfp4"}
    assert "start it with -b 512" in remedies(document, "my-precise")
    assert "start it with --metrics" in remedies(document, "my-precise")
    assert "--enable-prompt-tokens-details" in remedies(document, "my-nvfp4")
    assert "-b 512" in remedies(document, "my-hybrid")


def test_a_server_that_is_started_as_advised_gets_no_advice(tmp_path: Path, simulator: StartSimulator) -> None:
    servers = {
        "precise": simulator(*FAST, "--batch", "512", "--metrics"),
        "hybrid": simulator(*FAST, "--batch", "512", "--metrics", mode="hybrid"),
        "nvfp4": simulator(*FAST, "--prompt-tokens-details", mode="nvfp4"),
    }
    _, document = as_json(tmp_path, "".join(entry(mode, server.base_url) for mode, server in servers.items()))
    assert [one["remarks"] for one in document["backends"]] == [[], [], []]


def test_with_one_server_its_findings_are_called_what_they_are(tmp_path: Path, simulator: StartSimulator) -> None:
    server = simulator(*FAST, "--ctx", "8192", mode="hybrid")
    code, output = doctor(tmp_path, entry("precise", NOBODY) + entry("hybrid", server.base_url))
    assert code == 3
    assert "my-hybrid for reviews (findings are preliminary)" in output
    assert "Its context of 8192 tokens is smaller than the published 65536" in output
    assert "→ start it with -c 65536" in output


def test_too_large_a_context_is_named(tmp_path: Path, simulator: StartSimulator) -> None:
    server = simulator(*FAST, "--ctx", "262144", mode="hybrid")
    _, output = doctor(tmp_path, entry("hybrid", server.base_url), "--quick")
    assert "impractical" in output
    assert "→ start it with -c 65536" in output
    assert "Tried" not in output


@pytest.mark.parametrize("actual", KINDS)
def test_the_wrong_kind_of_server_is_recognized(tmp_path: Path, simulator: StartSimulator, actual: str) -> None:
    server = simulator(*FAST, mode=actual)
    wrong = next(kind for mode, kind in KINDS.items() if mode != actual)
    code, output = doctor(tmp_path, entry("precise", server.base_url, wrong))
    assert code == 3
    assert f'This is a {KINDS[actual]} server; set server = "{KINDS[actual]}" for it.' in output


@pytest.mark.parametrize("fault", ["500", "garbage", "cut", "midstream"])
def test_a_server_that_looks_well_and_fails_at_work_is_found_out(
    tmp_path: Path, simulator: StartSimulator, fault: str
) -> None:
    server = simulator(*FAST, "--fault", fault)
    code, document = as_json(tmp_path, entry("precise", server.base_url))
    assert code == 3
    assert document["backends"][0]["trouble"]
    assert document["uses"]["review"] == ""


def test_another_service_on_the_port_is_said(tmp_path: Path) -> None:
    with answering(b"<html><h1>It works</h1></html>", "text/html") as address:
        code, output = doctor(tmp_path, entry("precise", address))
    assert code == 3
    assert "text/html" in output
    assert "It works" not in output


def test_a_port_that_says_nothing_is_said(tmp_path: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as silent:
        port = silent.getsockname()[1]
        code, output = doctor(tmp_path, entry("precise", f"http://127.0.0.1:{port}/v1"), "--quick")
    assert code == 3
    assert "sent nothing for" in output


def test_a_refused_key_names_the_variable_and_never_the_key(tmp_path: Path, simulator: StartSimulator) -> None:
    server = simulator(*FAST, "--api-key", "right", mode="nvfp4")
    config = entry("nvfp4", server.base_url, more='api_key_env = "MY_KEY"')
    for arguments in ((), ("--json",)):
        code, output = doctor(tmp_path, config, *arguments, MY_KEY="sk-very-secret")
        assert code == 3
        assert "refused the key" in output
        assert "MY_KEY" in output
        assert "very-secret" not in output
    code, output = doctor(tmp_path, config, MY_KEY="right")
    assert code == 0


def test_a_loading_server_is_called_loading(tmp_path: Path, simulator: StartSimulator) -> None:
    server = simulator(*FAST, "--load", "600")
    code, output = doctor(tmp_path, entry("precise", server.base_url))
    assert code == 3
    assert "still loading its model" in output


def test_the_real_server_and_its_tiny_model_are_told_as_they_are(tmp_path: Path, real_llama: ServerProcess) -> None:
    code, document = as_json(tmp_path, entry("precise", real_llama.base_url))
    (found,) = document["backends"]
    assert code == 0
    assert (found["model"], found["ctx"], found["slots"]) == ("SmolLM2-135M-Instruct", 4096, 1)
    assert "infill" not in found["features"]
    assert found["trial"]["keeps_format"]
    assert found["trial"]["cached_tokens"] > 0
    assert "-c 16384" in remedies(document, "my-precise")


def test_without_a_configuration_the_default_ports_are_looked_at(
    tmp_path: Path, simulator: StartSimulator, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    # The default ports may be in use on a developer's machine, so others stand in for them.
    server = simulator(*FAST, mode="nvfp4")
    guesses = tuple(
        settings.BackendSettings(
            one.name, one.mode, one.server, server.base_url if one.name == "hybrid" else NOBODY, is_guess=True
        )
        for one in settings.DEFAULT_BACKENDS
    )
    monkeypatch.setattr(load, "Settings", lambda: settings.Settings(backends=guesses))
    monkeypatch.setattr("qcn_lsp.cli.doctor.DEFAULT_BACKENDS", guesses)
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path))
    monkeypatch.delenv("QCN_LSP_CONFIG", raising=False)
    assert main(["doctor", "--json"]) == 0
    document = json.loads(capsys.readouterr().out)
    assert document["source"] == "the default ports, since no configuration names any"
    # A vLLM where an ik_llama.cpp is usual is taken for what it is.
    assert [(one["server"], one["serves"]) for one in document["backends"]] == [
        ("llama.cpp", False),
        ("vllm", True),
        ("vllm", False),
    ]
