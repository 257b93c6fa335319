"""`qcn-lsp simulate` as a process."""

import json
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from pathlib import Path

import pytest

from servers.fixtures import StartSimulator, simulator_command
from servers.processes import stop


def refused(*options: str, mode: str = "precise") -> str:
    done = subprocess.run(
        simulator_command(*options, mode=mode), capture_output=True, text=True, timeout=60, check=False
    )
    assert done.returncode == 2
    assert done.stdout == ""
    return done.stderr


def test_it_says_where_it_listens_and_what_it_is(simulator: StartSimulator) -> None:
    server = simulator("--speed", "0")
    assert server.said.startswith("simulated precise server on http://127.0.0.1:")
    assert server.said.endswith("/v1 (this is a simulator, no model answers)")
    with urllib.request.urlopen(f"{server.root}/props") as answer:
        assert json.load(answer)["default_generation_settings"]["n_ctx"] == 16384
    assert stop(server.process) == 0


def test_hybrid_has_its_own_context(simulator: StartSimulator) -> None:
    with urllib.request.urlopen(f"{simulator('--slots', '2', mode='hybrid').root}/props") as answer:
        props = json.load(answer)
    assert (props["default_generation_settings"]["n_ctx"], props["total_slots"]) == (65536, 2)


def test_refuse_listens_to_nobody(simulator: StartSimulator) -> None:
    server = simulator("--fault", "refuse")
    with pytest.raises(OSError, match="refused"):
        urllib.request.urlopen(f"{server.root}/health")
    assert stop(server.process) == 0


def test_nvfp4_has_its_own_context(simulator: StartSimulator) -> None:
    server = simulator(mode="nvfp4")
    assert server.said.startswith("simulated nvfp4 server on http://127.0.0.1:")
    with urllib.request.urlopen(f"{server.root}/v1/models") as answer:
        assert json.load(answer)["data"][0]["max_model_len"] == 32768


def test_vllm_refuses_connections_while_it_loads(simulator: StartSimulator) -> None:
    server = simulator("--load", "1000", mode="nvfp4")
    with pytest.raises(OSError, match="refused"):
        urllib.request.urlopen(f"{server.root}/health")
    assert stop(server.process) == 0


def test_vllm_listens_when_it_has_loaded(simulator: StartSimulator) -> None:
    server = simulator("--load", "0.1", mode="nvfp4")
    for _ in range(1000):
        try:
            with urllib.request.urlopen(f"{server.root}/health") as answer:
                assert answer.status == 200
                return
        except OSError:
            time.sleep(0.01)
    pytest.fail("it never listened")


def test_the_key_may_be_told(simulator: StartSimulator) -> None:
    server = simulator("--api-key", "swordfish")
    with pytest.raises(urllib.error.HTTPError, match="401"):
        urllib.request.urlopen(f"{server.root}/props")


def test_several_faults_may_be_told(simulator: StartSimulator) -> None:
    server = simulator("--fault", "500", "--fault", "overflow", "--seed", "3")
    answers = set()
    for _ in range(20):
        request = urllib.request.Request(f"{server.base_url}/chat/completions", data=b'{"messages":[]}')
        with pytest.raises(urllib.error.HTTPError) as refusal:
            urllib.request.urlopen(request)
        answers.add(refusal.value.code)
        refusal.value.close()
    assert answers == {400, 500}


def test_a_port_in_use_is_named() -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        assert f"127.0.0.1:{port}" in refused("--port", str(port))


def test_a_wrong_script_is_named(tmp_path: Path) -> None:
    assert "missing.toml" in refused("--script", str(tmp_path / "missing.toml"))


def test_a_log_that_cannot_be_written_is_named(tmp_path: Path) -> None:
    assert "cannot be written" in refused("--log", str(tmp_path))


@pytest.mark.parametrize(
    "options",
    [
        ("--speed", "-1"),
        ("--slots", "0"),
        ("--fault", "x"),
        ("--speed", "nan"),
        ("--fault-rate", "1.5"),
        ("--batch", "0"),
    ],
)
def test_wrong_options_are_refused(options: tuple[str, str]) -> None:
    assert options[0] in refused(*options)


def test_its_options_cost_no_import() -> None:
    code = (
        "import argparse, sys\nfrom qcn_lsp.cli.simulate import add_arguments\n"
        "add_arguments(argparse.ArgumentParser())\n"
        "assert not {'aiohttp', 'pydantic', 'asyncio'} & set(sys.modules)"
    )
    subprocess.run([sys.executable, "-c", code], check=True, timeout=60)


@pytest.mark.parametrize("mode", ["precise", "hybrid", "nvfp4"])
def test_who_leaves_while_the_request_is_sent_leaves_no_complaint(mode: str) -> None:
    command = simulator_command("--speed", "0", mode=mode)
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        root = next(word for word in process.stdout.readline().split() if word.startswith("http"))
        port = int(root.removesuffix("/v1").rpartition(":")[2])
        for path in ("/v1/chat/completions", "/tokenize"):
            with socket.create_connection(("127.0.0.1", port)) as client:
                head = f"POST {path} HTTP/1.1\r\nHost: x\r\nContent-Length: 1000000\r\nExpect: 100-continue\r\n\r\n"
                client.sendall(head.encode())
                # It has begun to handle the request.
                assert client.recv(100).startswith(b"HTTP/1.1 100")
                client.sendall(b'{"messages"')
        with urllib.request.urlopen(f"http://127.0.0.1:{port}/v1/models") as answer:
            assert answer.status == 200
        process.terminate()
        assert process.communicate(timeout=20)[1] == ""
        assert process.returncode == 0


@pytest.mark.parametrize(
    ("option", "value", "says"),
    [
        ("--port", "99999", "must be a port from 0 to 65535"),
        ("--port", "-1", "must be a port from 0 to 65535"),
        ("--port", "http", "must be a port from 0 to 65535"),
        ("--speed", "fast", "must be a number from 0 on"),
        ("--fault-rate", "often", "must be a number from 0 to 1"),
        ("--slots", "many", "must be a whole number from 1 on"),
    ],
)
def test_a_wrong_figure_is_said_in_words(option: str, value: str, says: str) -> None:
    assert refused(option, value).splitlines()[-1].endswith(f"argument {option}: {says}")
