"""`qcn-lsp backend`: what is printed, what is started, and that only that is stopped."""

import json
import os
import signal
import socket
import subprocess
import sys
import tomllib
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path

import pytest

from qcn_lsp.cli.main import main
from qcn_lsp.launch.processes import start_mark
from qcn_lsp.launch.profiles import PROFILES
from qcn_lsp.launch.state import StateFolder

FAKE = Path(__file__).parents[1] / "launch" / "fake_llama_server.py"
BACKEND = [sys.executable, "-m", "qcn_lsp", "backend"]


class Bench:
    """A machine with made-up servers on PATH, its own state folder, and free ports instead of the usual ones."""

    def __init__(self, folder: Path, capture: pytest.CaptureFixture[str], ports: dict[str, int]) -> None:
        self.folder = folder
        self.state = StateFolder()
        self.model = folder / "a model.gguf"
        self.model.write_bytes(b"GGUF and more")
        self.ports = ports
        self._capture = capture

    def install(self, program: str, behaviour: str) -> Path:
        file = self.folder / "bin" / program
        file.write_text(f'#!/bin/sh\nexec {sys.executable} {FAKE} {behaviour} "$@"\n')
        file.chmod(0o755)
        return file

    def run(self, *arguments: str) -> tuple[int, str, str]:
        """Exit code, standard output, standard error."""
        try:
            code = main(["backend", *arguments])
        except SystemExit as exit_:
            code = int(exit_.code or 0)
        output, errors = self._capture.readouterr()
        return code, output, errors

    def up(self, mode: str, *arguments: str) -> tuple[int, str, str]:
        return self.run("up", mode, "--wait", "60", "--model", str(self.model), *arguments)

    def pid(self, mode: str) -> int:
        pid: int = json.loads((self.state.folder / f"{mode}.json").read_text())["pid"]
        return pid


@pytest.fixture
def bench(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Iterator[Bench]:
    (tmp_path / "bin").mkdir()
    monkeypatch.setenv("PATH", f"{tmp_path / 'bin'}:/usr/bin:/bin")
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path / "state"))
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path / "config"))
    monkeypatch.delenv("QCN_LSP_CONFIG", raising=False)
    ports = {name: free_port() for name in PROFILES}
    for name, port in ports.items():
        monkeypatch.setitem(PROFILES, name, replace(PROFILES[name], port=port))
    bench = Bench(tmp_path, capsys, ports)
    yield bench
    for name in PROFILES:
        if started := bench.state.running(name):
            os.killpg(started.pid, signal.SIGKILL)


def free_port() -> int:
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        port: int = listener.getsockname()[1]
        return port


@contextmanager
def somebody_elses(port: int) -> Iterator[None]:
    with socket.socket() as listener:
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        listener.bind(("127.0.0.1", port))
        listener.listen()
        yield


def row(table: str, mode: str) -> str:
    return next(line for line in table.splitlines() if line.startswith(mode))


def test_a_server_is_started_watched_shown_and_stopped(bench: Bench) -> None:
    bench.install("llama-server", "ready")
    code, output, errors = bench.up("hybrid")
    assert (code, output) == (0, "")
    assert "hybrid is up" in errors
    assert "GPU memory: weights 1,403 MiB" in errors
    pid = bench.pid("hybrid")
    assert json.loads((bench.state.folder / "hybrid.json").read_text())["facts"]["graph_splits"] == 98
    assert row(bench.run("list")[1], "hybrid").endswith(f"up, started from here (pid {pid})")
    shown = bench.run("show", "hybrid")[1]
    assert "graph splits: 98" in shown
    assert str(bench.state.log("hybrid")) in shown
    assert bench.run("down", "hybrid")[0] == 0
    assert start_mark(pid) is None
    assert row(bench.run("list")[1], "hybrid").endswith("down")


def test_the_server_gets_exactly_the_command_and_never_the_current_folder(
    bench: Bench, monkeypatch: pytest.MonkeyPatch
) -> None:
    bench.install("llama-server", "ready")
    monkeypatch.chdir(bench.folder)
    assert bench.run("up", "precise", "--model", "a model.gguf", "--threads", "3")[0] == 0
    first = bench.state.log_text("precise").splitlines()[0]
    assert first.startswith(f"started in {bench.state.folder} with ['-m', '{bench.model}', '--cache-type-k', 'q8_0', ")
    assert "'--threads', '3', '--threads-batch', '3', '--batch-size', '512'" in first
    assert first.endswith(f"'--host', '127.0.0.1', '--port', '{bench.ports['precise']}']")


@pytest.mark.parametrize(
    ("build", "more"), [("trace", "'-lv', '4', '--cors-origins', 'localhost']"), ("debug", "]"), ("", "]")]
)
def test_only_a_build_that_writes_no_prompts_is_asked_to_log_more(
    bench: Bench, monkeypatch: pytest.MonkeyPatch, build: str, more: str
) -> None:
    monkeypatch.setenv("HELP_OF", build)
    bench.install("llama-server", "ready")
    assert bench.up("precise")[0] == 0
    arguments = bench.state.log_text("precise").splitlines()[0]
    assert arguments.endswith(more)
    assert ("'-lv'" in arguments) == (build == "trace")


def test_the_other_llama_server_is_noticed(bench: Bench, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HELP_OF", "trace")
    elsewhere = bench.install("my-server", "ready")
    _, _, errors = bench.up("hybrid", "--program", str(elsewhere))
    assert "is llama.cpp's, but hybrid is meant for ik_llama.cpp" in errors
    bench.run("down", "hybrid")
    monkeypatch.setenv("HELP_OF", "ik")
    assert "is meant for" not in bench.up("hybrid", "--program", str(elsewhere))[2]
    assert "is ik_llama.cpp's, but precise is meant for llama.cpp" in bench.up("precise", "--program", "my-server")[2]


def test_a_server_that_dies_while_loading_says_why(bench: Bench) -> None:
    bench.install("llama-server", "dies")
    code, output, errors = bench.up("precise")
    assert (code, output) == (3, "")
    assert errors.splitlines()[-1] == (
        f"qcn-lsp: precise ended with exit code 1 while loading (log: {bench.state.log('precise')}): "
        "llama_model_load: error loading model: tensor 'a' is not within file bounds"
    )
    assert row(bench.run("list")[1], "precise").endswith("down")
    assert bench.run("down", "precise")[0] == 0


def test_a_program_that_cannot_be_run_is_named(bench: Bench) -> None:
    bench.install("llama-server", "ready").write_bytes(b"\x00 no program")
    code, _, errors = bench.up("precise")
    assert code == 3
    assert f"{bench.folder}/bin/llama-server: cannot be run" in errors


def test_a_server_that_loads_for_longer_goes_on(bench: Bench) -> None:
    bench.install("llama-server", "loading")
    code, _, errors = bench.up("precise", "--wait", "0.001")
    assert code == 3
    assert "is still loading after 0.001 s" in errors
    pid = bench.pid("precise")
    assert row(bench.run("list")[1], "precise").endswith(f"loading, started from here (pid {pid})")
    assert bench.run("down", "precise")[0] == 0
    assert start_mark(pid) is None


def test_without_waiting_what_the_log_says_is_shown_later(bench: Bench) -> None:
    bench.install("llama-server", "ready")
    code, _, errors = bench.up("hybrid", "--wait", "0")
    assert code == 0
    assert "hybrid is loading" in errors
    assert bench.up("hybrid", "--wait", "0")[0] == 0
    assert bench.up("hybrid", "--ctx", "4096")[0] == 3
    assert f"pid {bench.pid('hybrid')}" in bench.run("show", "hybrid")[1]


def test_another_command_for_a_mode_that_runs_is_refused(bench: Bench) -> None:
    bench.install("llama-server", "ready")
    assert bench.up("precise")[0] == 0
    code, _, errors = bench.up("precise", "--ctx", "4096")
    assert code == 3
    assert "runs already with another command" in errors
    assert "backend down precise" in errors
    code, _, errors = bench.up("hybrid", "--port", str(bench.ports["precise"]))
    assert code == 3
    assert "is taken by precise, which was started from here" in errors


def test_somebody_elses_server_is_neither_replaced_nor_stopped(bench: Bench) -> None:
    bench.install("llama-server", "ready")
    with somebody_elses(bench.ports["precise"]):
        code, _, errors = bench.up("precise")
        assert code == 3
        assert "taken by a server that was not started from here" in errors
        assert row(bench.run("list")[1], "precise").endswith("up, not started from here")
        code, _, errors = bench.run("down", "precise")
        assert code == 3
        assert "was not started from here, and is left alone" in errors


def test_interrupting_the_wait_stops_the_server(bench: Bench) -> None:
    bench.install("llama-server", "loading")
    seen = bench.folder / "seen"
    os.mkfifo(seen)
    command = [*BACKEND, "up", "precise", "--model", str(bench.model), "--port", str(free_port())]
    environment = {**os.environ, "SEEN": str(seen)}
    with subprocess.Popen(command, env=environment, stderr=subprocess.PIPE, text=True) as process:
        assert seen.read_text() == "seen\n"  # it has been asked how it is, so it is being waited for
        pid = bench.pid("precise")
        process.send_signal(signal.SIGINT)
        _, errors = process.communicate()
    assert process.returncode == 130
    assert "Traceback" not in errors
    assert start_mark(pid) is None
    assert bench.state.running("precise") is None


def test_two_at_once_start_one(bench: Bench) -> None:
    bench.install("llama-server", "ready")
    with bench.state.lock("precise"):
        code, _, errors = bench.up("precise")
    assert code == 3
    assert "just being started by another" in errors
    assert bench.up("precise")[0] == 0


def test_a_number_taken_by_another_process_is_never_ended(bench: Bench) -> None:
    bench.install("llama-server", "ready")
    assert bench.up("precise")[0] == 0
    started = bench.state.running("precise")
    assert started
    with subprocess.Popen(["/bin/sleep", "600"], start_new_session=True) as other:
        bench.state.write(replace(started, pid=other.pid))
        assert bench.run("down", "precise")[0] == 3  # the port is still served
        other.send_signal(signal.SIGUSR1)
        assert other.wait() == -signal.SIGUSR1  # nothing else has ended it before
    os.killpg(started.pid, signal.SIGKILL)


def test_a_damaged_state_stops_nothing_and_does_not_last(bench: Bench) -> None:
    bench.install("llama-server", "ready")
    with bench.state.lock("precise"):
        file = bench.state.folder / "precise.json"
    file.write_text("{")
    code, _, errors = bench.run("down", "precise")
    assert code == 3
    assert f"{file} cannot be read" in errors
    assert row(bench.run("list")[1], "precise").endswith("down")
    assert bench.up("precise")[0] == 0
    assert bench.run("down", "precise")[0] == 0


def test_a_state_folder_that_cannot_be_written_is_named(bench: Bench, monkeypatch: pytest.MonkeyPatch) -> None:
    bench.install("llama-server", "ready")
    (bench.folder / "file").touch()
    monkeypatch.setenv("XDG_STATE_HOME", str(bench.folder / "file"))
    code, _, errors = bench.up("precise")
    assert code == 3
    assert "set XDG_STATE_HOME to a folder that can" in errors
    assert bench.run("list")[0] == 0


def test_podman_runs_and_stops_the_container(bench: Bench) -> None:
    calls = bench.folder / "calls"
    podman = bench.install("podman", "ready")
    port = bench.ports["precise"]
    run = podman.read_text().replace('"$@"', f"--port {port}").removeprefix("#!/bin/sh\n")
    podman.write_text(f'#!/bin/sh\necho "$@" >> {calls}\ncase $1 in stop) exit 0;; esac\n{run}')
    code, _, errors = bench.up("precise", "--podman", "--image", "llama:qwen")
    assert code == 0, errors
    started, *_ = calls.read_text().splitlines()
    assert started.startswith(f"run --rm --name qcn-lsp-precise -p 127.0.0.1:{port}:8080 ")
    assert f"-v {bench.folder}:/models:ro,Z llama:qwen -m /models/a model.gguf" in started
    pid = bench.pid("precise")
    assert f"pid {pid}, container qcn-lsp-precise" in bench.run("show", "precise")[1]
    assert bench.run("down", "precise")[0] == 0
    assert calls.read_text().splitlines()[1] == "stop --time 10 qcn-lsp-precise"
    assert start_mark(pid) is None


@pytest.mark.parametrize(
    ("arguments", "code", "says"),
    [
        (["up", "precise"], 2, "say which model precise shall serve: --model FILE.gguf"),
        (["up", "precise", "--model", "/nowhere.gguf"], 2, "cannot be read (No such file or directory)"),
        (["up", "precise", "--model", "/dev/null"], 2, "is not a GGUF file"),
        (["up", "nvfp4"], 3, "vllm is not on PATH; install it with `pip install vllm`"),
        (["up", "nvfp4", "--podman", "--image", "i"], 2, "say where downloads are kept"),
        (["up", "precise", "--port", "0"], 2, "must be a port"),
        (["up", "precise", "--ctx", "0"], 2, "must be a whole number"),
        (["up", "precise", "--wait", "-1"], 2, "must be a number"),
        (["up", "fast"], 2, "invalid choice: 'fast'"),
        (["down", "precise"], 0, "nothing to stop: no precise was started from here"),
        (["command", "nvfp4", "--all-gpu"], 2, "is a variant of hybrid"),
        (["command", "hybrid", "--ctx", "262144"], 0, "makes a massive KV cache"),
        ([], 2, "required: ACTION"),
    ],
)
def test_what_goes_wrong_is_said_in_a_sentence(bench: Bench, arguments: list[str], code: int, says: str) -> None:
    found, _, errors = bench.run(*arguments)
    assert (found, says in errors) == (code, True), errors


def test_a_program_or_podman_that_is_not_installed_is_named(bench: Bench, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", f".:{bench.folder}/bin")
    monkeypatch.chdir(bench.folder)
    (bench.folder / "llama-server").symlink_to("/bin/true")
    code, _, errors = bench.up("precise")
    assert (code, "llama-server is not on PATH" in errors) == (3, True)
    assert "`qcn-lsp backend command precise` prints the command" in errors
    code, _, errors = bench.up("precise", "--podman", "--image", "i")
    assert (code, "podman is not on PATH" in errors) == (3, True)


def test_local_without_its_extra_says_what_to_install(bench: Bench, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "xllamacpp", None)
    monkeypatch.setattr("importlib.util.find_spec", lambda _: None)
    code, _, errors = bench.up("local")
    assert (code, "pip install 'qcn-lsp[local]'" in errors) == (3, True)


def test_a_model_that_is_no_model_ends_local_with_the_reason(bench: Bench) -> None:
    pytest.importorskip("xllamacpp")
    code, _, errors = bench.up("local")
    assert code == 3
    assert "local ended with exit code 1 while loading" in errors
    assert "failed to" in errors.splitlines()[-1]


def test_the_command_alone_is_on_standard_output(bench: Bench) -> None:
    code, output, errors = bench.run("command", "precise", "--podman")
    assert code == 0
    assert output.startswith("podman run \\\n  --rm \\\n  --name qcn-lsp-precise \\\n")
    assert output.endswith("--port 8080\n")
    assert "qcn-lsp" not in output.replace("qcn-lsp-precise", "")
    assert "set IMG to an image" in errors
    assert bench.run("command", "local", "--model", "m.gguf")[1].startswith(sys.executable)


def test_a_port_qcn_lsp_does_not_know_comes_with_its_configuration(bench: Bench) -> None:
    bench.install("llama-server", "ready")
    port = free_port()
    code, output, _ = bench.up("precise", "--port", str(port))
    assert code == 0
    assert tomllib.loads(output)["backends"]["precise"] == {
        "mode": "precise",
        "server": "llama.cpp",
        "base_url": f"http://127.0.0.1:{port}/v1",
    }
    assert str(port) in row(bench.run("list")[1], "precise")


@pytest.mark.parametrize(
    ("option", "value", "says"),
    [
        ("--port", "http", "must be a port from 1 to 65535"),
        ("--ctx", "large", "must be a whole number from 1 on"),
        ("--wait", "long", "must be a number from 0 on"),
    ],
)
def test_a_wrong_figure_is_said_in_words(
    option: str, value: str, says: str, capsys: pytest.CaptureFixture[str]
) -> None:
    with pytest.raises(SystemExit):
        main(["backend", "up", "precise", option, value])
    assert f"argument {option}: {says}" in capsys.readouterr().err
