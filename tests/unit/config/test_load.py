"""Settings: what each source may say, and what happens when it is wrong."""

from pathlib import Path

import pytest

from qcn_lsp.config.load import load, user_file
from qcn_lsp.config.settings import DEFAULT_BACKENDS, BackendSettings, Mode, Scope, ServerKind, Settings, Trigger
from qcn_lsp.core.severity import Severity
from qcn_lsp.errors import ConfigError

GOOD = """
[backends.bf16]
mode = "precise"
server = "llama.cpp"
base_url = "http://127.0.0.1:9999/v1/"

[routing]
preview = []

[review]
min_severity = "medium"
"""


def write(folder: Path, text: str, name: str = "config.toml") -> Path:
    path = folder / name
    path.write_text(text)
    return path


def test_without_any_file_the_default_ports_serve() -> None:
    assert load().settings == Settings()
    assert [(b.mode, b.base_url[-7:]) for b in load().settings.backends] == [
        ("precise", "8081/v1"),
        ("hybrid", "8001/v1"),
        ("nvfp4", "8000/v1"),
    ]


def test_a_users_file_sets_everything(tmp_path: Path) -> None:
    loaded = load(write(tmp_path, GOOD))
    assert loaded.problems == ()
    assert loaded.settings.backends == (
        BackendSettings("bf16", Mode.PRECISE, ServerKind.LLAMA_CPP, "http://127.0.0.1:9999/v1"),
    )
    assert loaded.settings.routing.preview == ()
    assert loaded.settings.review.min_severity is Severity.MEDIUM


def test_the_editor_weighs_more_than_the_workspace_and_the_workspace_more_than_the_user(tmp_path: Path) -> None:
    write(tmp_path, '[review]\nscope = "file"\ntrigger = "idle"\n', ".qcn-lsp.toml")
    loaded = load(write(tmp_path, GOOD), tmp_path, {"review.trigger": "manual"})
    review = loaded.settings.review
    assert (review.min_severity, review.scope, review.trigger) == (Severity.MEDIUM, Scope.FILE, Trigger.MANUAL)


@pytest.mark.parametrize(
    "section", ["backends.evil]\nmode = 'precise'\nserver = 'openai'\nbase_url = 'http://x/v1'", "routing]"]
)
def test_a_workspace_never_says_where_code_goes(tmp_path: Path, section: str) -> None:
    write(tmp_path, f'ignore = ["vendor/"]\n[{section}\n[review]\nscope = "file"', ".qcn-lsp.toml")
    loaded = load(workspace=tmp_path)
    assert loaded.settings.backends == DEFAULT_BACKENDS
    assert loaded.settings.routing == Settings().routing
    assert loaded.settings.review.scope is Scope.FILE
    assert loaded.settings.ignore == ("vendor/",)
    assert "put it into your own configuration file" in loaded.problems[0]


def test_an_editor_never_says_where_code_goes() -> None:
    loaded = load(
        editor={"backends": {"x": {"mode": "precise", "server": "openai", "base_url": "http://127.0.0.1/v1"}}}
    )
    assert loaded.settings.backends == DEFAULT_BACKENDS
    assert loaded.problems == (
        "editor settings: [backends] is not taken from here; put it into your own configuration file",
    )


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        ("[review]\nscope = 5", "review.scope: input should be 'changed' or 'file'"),
        ("[review]\ncolour = 5", "review.colour is not a setting; see the README for the list"),
        ("review = 5", "review: must be a table"),
        ("[backends]\nx = 5", "backends.x: must be a table"),
        ('[review]\nshow = ["candidate", "x"]', "review.show.1: input should be 'candidate', 'preliminary'"),
        ("ignore = ['a', 7]", "ignore.1: must be text"),
        ("[review", "is not valid TOML"),
        ("a = " + "[" * 5000, "is nested too deeply"),
        ("ignore = ['!']", "ignore.0: is not a pattern that .gitignore knows"),
        ("ignore = ['[z-a]']", "ignore.0: is not a pattern that .gitignore knows"),
        (f"ignore = ['{'*a' * 40}']", "ignore.0: has more than 2 * between two slashes"),
        ("ignore = ['**/a/**/b/**/c/**']", "ignore.0: has more than 3 **"),
        (
            '[backends.x]\nmode = "precise"\nserver = "llama.cpp"\nbase_url = "http://127.0.0.1:99999/v1"',
            "backends.x.base_url: must be an address such as",
        ),
        (
            '[backends.x]\nmode = "precise"\nserver = "llama.cpp"\nbase_url = "http://10.0.0.5/v1"',
            "backends.x: is not on this machine; to send code there, set allow_remote = true",
        ),
        (
            '[backends.x]\nmode = "precise"\nserver = "llama.cpp"\nbase_url = "http://127.0.0.1.example.com/v1"',
            "backends.x: is not on this machine",
        ),
        (
            '[backends.x]\nmode = "precise"\nserver = "llama.cpp"\nbase_url = "http://k:s3cret@127.0.0.1/v1"',
            "backends.x.base_url: must not contain a key",
        ),
        ('[backends.x]\nserver = "llama.cpp"\nbase_url = "http://127.0.0.1/v1"', "backends.x.mode: field required"),
    ],
)
def test_what_is_wrong_is_named_and_the_rest_still_counts(tmp_path: Path, text: str, sentence: str) -> None:
    path = write(tmp_path, f'{text}\n[routing]\npreview = ["hybrid"]\n')
    loaded = load(path)
    assert loaded.problems[0].startswith(f"{path}: ")
    assert sentence in loaded.problems[0]
    assert "s3cret" not in loaded.problems[0]
    assert loaded.settings.backends == DEFAULT_BACKENDS
    assert loaded.settings.review == Settings().review
    if "TOML" not in sentence and "nested" not in sentence:
        assert loaded.settings.routing.preview == (Mode.HYBRID,)


@pytest.mark.parametrize(
    "url",
    [
        "http://[::1",
        "http://127.0.0.1:8081/v1\\u0007",
        "http://127.0.0.1\\n:8081/v1",
        "http://127.0.0.1:8081/v 1",
        "http://127.0.0.1:8081/v1?key=s3cret",
        "http://127.0.0.1:8081/v1#s3cret",
        "http://\u2460.com/v1",
        "http://a..b/v1",
        f"http://{'a' * 70}.com/v1",
        "ftp://127.0.0.1/v1",
        "127.0.0.1:8081",
    ],
)
def test_what_no_client_could_use_is_no_address(tmp_path: Path, url: str) -> None:
    text = f'[backends.x]\nmode = "precise"\nserver = "vllm"\nallow_remote = true\nbase_url = "{url}"\n'
    path = write(tmp_path, text)
    assert load(path).problems == (f"{path}: backends.x.base_url: must be an address such as http://127.0.0.1:8081/v1",)


@pytest.mark.parametrize("url", ["http://[::1]:8081/v1", "HTTP://LOCALHOST:8081/v1/", "https://gpu-1.lan/a/b_c/v1"])
def test_odd_addresses_that_work_are_taken(tmp_path: Path, url: str) -> None:
    text = f'[backends.x]\nmode = "precise"\nserver = "vllm"\nallow_remote = true\nbase_url = "{url}"\n'
    loaded = load(write(tmp_path, text))
    assert loaded.problems == ()
    assert loaded.settings.backends[0].base_url == url.rstrip("/")


@pytest.mark.parametrize("name", ["", "a\\nb", "\\u001b[2J", "n" * 101])
def test_a_name_fits_into_a_sentence(tmp_path: Path, name: str) -> None:
    text = f'[backends."{name}"]\nmode = "precise"\nserver = "vllm"\nbase_url = "http://127.0.0.1/v1"\n'
    loaded = load(write(tmp_path, text))
    assert len(loaded.problems) == 1
    assert loaded.problems[0].isprintable()
    assert "a backend's name is a short word" in loaded.problems[0]
    assert loaded.settings.backends == DEFAULT_BACKENDS


def test_a_named_file_that_is_missing_is_said(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("QCN_LSP_CONFIG", str(tmp_path / "none.toml"))
    with pytest.raises(ConfigError, match="no such configuration file"):
        user_file()


def test_the_usual_place_is_found(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("QCN_LSP_CONFIG", raising=False)
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path))
    assert user_file() is None
    (tmp_path / "qcn-lsp").mkdir()
    path = write(tmp_path / "qcn-lsp", GOOD)
    assert user_file() == path
