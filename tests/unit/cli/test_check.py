"""`qcn-lsp check`: exit codes, formats, and what could not be reviewed."""

import json
import os
import signal
import subprocess
import sys
import urllib.request
from pathlib import Path
from typing import Any

import pytest

from servers.fixtures import StartSimulator

CHECK = [sys.executable, "-m", "qcn_lsp", "check"]
FLAW = "import os\n\n\ndef run(name):\n    os.system(name)\n"
CLEAN = "def add(a, b):\n    return a + b\n"


@pytest.fixture
def project(tmp_path: Path) -> Path:
    folder = tmp_path / "project"
    folder.mkdir()
    (folder / "flaw.py").write_text(FLAW)
    (folder / "clean.py").write_text(CLEAN)
    (folder / "notes.txt").write_text("nothing")
    return folder


def check(folder: Path, *arguments: str, config: str = '[routing]\nreview = ["embedded"]\n') -> tuple[int, str, str]:
    """Exit code, standard output, standard error."""
    file = folder.parent / "config.toml"
    file.write_text(config)
    environment = {
        **os.environ,
        "QCN_LSP_CONFIG": str(file),
        "XDG_CACHE_HOME": str(folder.parent / "cache"),
        "GIT_CONFIG_GLOBAL": os.devnull,
        "PYTHONWARNINGS": "error",
    }
    done = subprocess.run(
        [*CHECK, *arguments], cwd=folder, env=environment, capture_output=True, text=True, check=False, timeout=120
    )
    assert "Traceback" not in done.stderr
    return done.returncode, done.stdout, done.stderr


def as_json(folder: Path, *arguments: str, **more: str) -> tuple[int, dict[str, Any]]:
    code, output, _ = check(folder, "--format", "json", *arguments, **more)
    document: dict[str, Any] = json.loads(output)
    return code, document


@pytest.mark.parametrize(
    ("arguments", "code"),
    [
        ([], 1),
        (["--fail-on", "critical"], 0),
        (["--fail-on", "never"], 0),
        (["--fail-on", "low", "clean.py"], 0),
        (["none.py"], 2),
        (["--fail-on", "soon"], 2),
        (["--diff", "HEAD"], 2),
        (["--output", "none/report.txt"], 2),
        (["--output", "."], 2),
    ],
)
def test_the_exit_code_says_what_came_of_it(project: Path, arguments: list[str], code: int) -> None:
    assert check(project, *arguments)[0] == code


def test_findings_name_file_line_and_weakness(project: Path) -> None:
    _, output, error = check(project)
    assert "flaw.py:5:5" in output
    assert "CWE-78" in output
    assert "candidate (ruff:S605)" in output
    assert "No model has looked" in output
    assert error == ""
    _, document = as_json(project)
    (finding,) = document["findings"]
    assert (finding["path"], finding["cwe"], finding["state"]) == ("flaw.py", "CWE-78", "candidate")
    assert document["problems"] == []
    assert document["stats"]["units"] == 3


def test_the_report_can_go_to_a_file(project: Path) -> None:
    for form in ("text", "json", "sarif"):
        target = project / f"report.{form}"
        code, output, _ = check(project, "--format", form, "--output", str(target))
        assert (code, output) == (1, "")
        assert "CWE-78" in target.read_text("utf-8")


def test_what_cannot_be_reviewed_is_listed_and_makes_3(project: Path) -> None:
    (project / "binary.py").write_bytes(b"x = 1\0\0")
    (project / "large.js").write_text("var x = 1;\n" * 200_000)
    (project / "minified.js").write_text("var x=" + "1+" * 15_000)
    (project / "loop.py").symlink_to("loop.py")
    (project / "elsewhere").symlink_to("/")
    code, document = as_json(project, "--fail-on", "never")
    assert code == 3
    problems = {one["path"]: one["message"] for one in document["problems"]}
    assert problems.keys() == {"binary.py", "large.js", "minified.js"}
    assert "review.max_file_kib" in problems["large.js"]
    assert [one["path"] for one in document["findings"]] == ["flaw.py"]
    code, document = as_json(project, "notes.txt")
    assert code == 3
    assert "in no language" in document["problems"][0]["message"]


def test_only_what_changed_since_a_revision(project: Path) -> None:
    identity = ["-c", "user.name=a", "-c", "user.email=a@example.com"]
    for arguments in (["init", "-q"], ["add", "-A"], [*identity, "commit", "-q", "-m", "one"]):
        subprocess.run(["git", *arguments], cwd=project, check=True)
    assert as_json(project, "--diff", "HEAD")[1]["stats"]["units"] == 0
    (project / "clean.py").write_text("# a remark\n" + CLEAN + "\n\ndef worse(x):\n    return eval(x)\n")
    (project / "new.py").write_text("import os\nos.system(input())\n")
    code, document = as_json(project, "--diff", "HEAD")
    assert code == 1
    assert {(one["path"], one["cwe"]) for one in document["findings"]} == {("clean.py", "CWE-95"), ("new.py", "CWE-78")}
    assert document["stats"]["units"] == 2
    code, _, error = check(project, "--diff", "nope")
    assert code == 2
    assert "git knows no revision 'nope'" in error


def test_a_wrong_setting_is_bad_usage(project: Path) -> None:
    code, output, error = check(project, config="[review]\nscope = 5\n")
    assert code == 2
    assert output == ""
    assert error.startswith("qcn-lsp: ")
    assert "config.toml: review.scope: input should be 'changed' or 'file'" in error


def test_a_workspace_may_ignore_paths_and_choose_what_is_shown(project: Path) -> None:
    (project / ".qcn-lsp.toml").write_text('ignore = ["flaw.py"]\n')
    assert as_json(project)[1]["findings"] == []
    assert check(project)[2] == "qcn-lsp: source files left out by the setting ignore: 1\n"
    (project / ".qcn-lsp.toml").write_text('[review]\nmin_severity = "critical"\n')
    assert as_json(project)[1]["findings"] == []
    assert as_json(project)[1]["notes"] == ["findings hidden by review.show or review.min_severity: 1"]


def backend(base_url: str) -> str:
    return f'[backends.bf16]\nmode = "precise"\nserver = "llama.cpp"\nbase_url = "{base_url}"\n'


def test_a_model_server_verifies(project: Path, simulator: StartSimulator) -> None:
    server = simulator("--port", "0", "--speed", "0")
    code, document = as_json(project, "--mode", "precise", config=backend(server.base_url))
    assert code == 1
    (finding,) = document["findings"]
    assert (finding["cwe"], finding["state"], finding["backend"]) == ("CWE-78", "verified", "precise")
    assert document["stats"]["reviewed"] == document["stats"]["units"] == 3
    assert document["stats"]["prompt_tokens"] > document["stats"]["cached_tokens"] > 0
    assert "simulated" in document["reviewer"]


def test_a_server_that_is_asked_for_and_down_is_a_problem_and_one_that_is_not_asked_for_is_none(project: Path) -> None:
    config = backend("http://127.0.0.1:9/v1")
    code, document = as_json(project, "--mode", "precise", "--fail-on", "never", config=config)
    assert code == 3
    assert (
        "nothing answers at http://127.0.0.1:9/v1; only the analyzers have looked" in document["problems"][0]["message"]
    )
    assert [one["state"] for one in document["findings"]] == ["candidate"]
    assert as_json(project, "--fail-on", "never", config=config)[0] == 0


@pytest.mark.parametrize("fault", ["cut", "garbage", "500", "refuse"])
def test_a_server_that_fails_is_a_problem_and_the_candidates_stay(
    project: Path, simulator: StartSimulator, fault: str
) -> None:
    server = simulator("--port", "0", "--speed", "0", "--fault", fault)
    code, document = as_json(project, "--mode", "precise", "--fail-on", "never", config=backend(server.base_url))
    assert code == 3
    assert document["problems"]
    assert [one["state"] for one in document["findings"]] == ["candidate"]


def test_help_and_version_need_nothing(project: Path) -> None:
    for arguments in (["--version"], ["--help"], ["check", "--help"]):
        done = subprocess.run([*CHECK[:-1], *arguments], capture_output=True, text=True, check=True, cwd=project)
        assert "qcn-lsp" in done.stdout
    nothing = subprocess.run(CHECK[:-1], capture_output=True, text=True, check=False, cwd=project)
    assert nothing.returncode == 2
    assert "say what to do" in nothing.stderr


def test_an_interrupt_reports_what_is_known_and_frees_the_server(project: Path, simulator: StartSimulator) -> None:
    log = project.parent / "log"
    server = simulator("--port", "0", "--log", str(log))  # at the published speed: a unit takes seconds
    (project.parent / "config.toml").write_text(backend(server.base_url))
    places = {"QCN_LSP_CONFIG": str(project.parent / "config.toml"), "XDG_CACHE_HOME": str(project.parent / "cache")}
    environment = {**os.environ, **places}
    running = subprocess.Popen([*CHECK, "--format", "json"], cwd=project, env=environment, stdout=subprocess.PIPE)
    while not busy(server.root):
        assert running.poll() is None
    running.send_signal(signal.SIGINT)
    output, _ = running.communicate(timeout=60)
    document = json.loads(output)
    assert running.returncode == 1
    assert [one["cwe"] for one in document["findings"]] == ["CWE-78"]
    assert document["problems"][0]["message"] == "interrupted; 3 of 3 units have no verdict of a model"
    while busy(server.root):
        assert server.process.poll() is None


def busy(root: str) -> bool:
    with urllib.request.urlopen(f"{root}/slots") as answer:
        return any(slot["is_processing"] for slot in json.load(answer))


def test_odd_files_and_folders_end_in_a_sentence(project: Path) -> None:
    os.mkfifo(project / "pipe.py")
    code, document = as_json(project, "pipe.py", "--fail-on", "never")
    assert (code, document["problems"][0]["message"]) == (3, "is not a regular file")
    assert as_json(project)[0] == 1
    odd = os.fsdecode(b"od\xffd.py")
    (project / odd).write_text(FLAW)
    for form in ("text", "json", "sarif"):
        assert check(project, "--format", form)[0] == 1
        assert check(project, "--format", form, "--output", "report")[0] == 1
    code, _, error = check(project, "x" * 5000)
    assert code == 2
    assert "name too long" in error


def test_a_repository_inside_and_a_folder_git_ignores_are_looked_at(project: Path) -> None:
    for folder in (project, project / "inner"):
        folder.mkdir(exist_ok=True)
        subprocess.run(["git", "init", "-q"], cwd=folder, check=True)
    (project / "inner" / "deep.py").write_text(FLAW)
    (project / ".gitignore").write_text("flaw.py\nbuilt/\n")
    (project / "built").mkdir()
    (project / "built" / "made.py").write_text(FLAW)
    assert [one["path"] for one in as_json(project)[1]["findings"]] == ["inner/deep.py"]
    assert [one["path"] for one in as_json(project, "built")[1]["findings"]] == ["built/made.py"]


def test_ignored_paths_are_relative_to_the_file_that_names_them(project: Path) -> None:
    (project / "sub").mkdir()
    (project / "sub" / "gone.py").write_text(FLAW)
    (project / "sub" / "kept.py").write_text(FLAW)
    (project / ".qcn-lsp.toml").write_text('ignore = ["/sub/gone.py"]\n')
    subprocess.run(["git", "init", "-q"], cwd=project, check=True)
    assert [one["path"] for one in as_json(project, "sub")[1]["findings"]] == ["sub/kept.py"]
    (project.parent / ".qcn-lsp.toml").write_text('ignore = ["*"]\n')
    (project / ".qcn-lsp.toml").unlink()
    assert len(as_json(project, "sub")[1]["findings"]) == 2


def test_a_dismissed_candidate_is_no_finding(project: Path, simulator: StartSimulator) -> None:
    script = project.parent / "none.toml"
    script.write_text("answer = []\n")
    server = simulator("--port", "0", "--speed", "0", "--script", str(script))
    config = backend(server.base_url) + '[review]\nshow = ["dismissed"]\n'
    code, document = as_json(project, config=config)
    assert (code, [one["state"] for one in document["findings"]]) == (0, ["dismissed"])
    assert "No findings." in check(project, config=config)[1]


def test_a_configured_server_that_is_down_is_mentioned(project: Path) -> None:
    code, output, error = check(project, "--fail-on", "never", config=backend("http://127.0.0.1:9/v1"))
    assert code == 0
    assert "No model has looked" in output
    assert error == "qcn-lsp: bf16: nothing answers at http://127.0.0.1:9/v1\n"


def test_what_was_reviewed_is_not_asked_again(project: Path, simulator: StartSimulator) -> None:
    log = project.parent / "log"
    server = simulator("--speed", "0", "--log", str(log))
    first, again = (as_json(project, config=backend(server.base_url)) for _ in range(2))
    asked = len(log.read_text().splitlines())
    assert first[1]["stats"]["reviewed"] == asked == 3
    assert (again[1]["stats"]["from_cache"], again[1]["stats"]["reviewed"]) == (3, 0)
    assert (again[0], again[1]["findings"]) == (first[0], first[1]["findings"])
    as_json(project, "--no-cache", config=backend(server.base_url))
    assert len(log.read_text().splitlines()) == 2 * asked
    code, document = as_json(project, "--mode", "embedded", config=backend(server.base_url))
    assert {one["state"] for one in document["findings"]} == {"candidate"}
    server.process.kill()
    code, document = as_json(project, "--mode", "precise", config=backend(server.base_url))
    assert (code, document["problems"], document["findings"]) == (first[0], [], first[1]["findings"])


def test_a_store_that_cannot_be_written_is_said_and_costs_nothing_else(
    project: Path, simulator: StartSimulator
) -> None:
    server = simulator("--speed", "0")
    (project.parent / "cache").write_text("a file where a folder should be")
    code, output, error = check(project, config=backend(server.base_url))
    assert code == 1
    assert "verified by precise" in output
    assert error.count("\n") == 1
