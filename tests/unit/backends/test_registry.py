"""Backends are created without cost, and only for servers whose dialect is spoken."""

import subprocess
import sys

import pytest

from qcn_lsp.backends.client import address
from qcn_lsp.backends.registry import create
from qcn_lsp.config.settings import BackendSettings, Mode, ServerKind
from qcn_lsp.errors import BackendUnavailable

LAZY = """
import sys
from qcn_lsp.backends.registry import create
from qcn_lsp.config.settings import BackendSettings, Mode, ServerKind
create(BackendSettings("n", Mode.PRECISE, ServerKind.LLAMA_CPP, "http://127.0.0.1:9/v1"))
loaded = {name.partition(".")[0] for name in sys.modules}
assert not loaded & {"openai", "httpx2", "pydantic", "aiohttp"}, loaded
"""


def test_creating_a_backend_loads_no_client() -> None:
    subprocess.run([sys.executable, "-c", LAZY], check=True, timeout=60)


@pytest.mark.parametrize("server", [kind for kind in ServerKind if kind is not ServerKind.LLAMA_CPP])
def test_other_servers_are_refused_in_a_sentence(server: ServerKind) -> None:
    with pytest.raises(BackendUnavailable, match=r"llama\.cpp only") as raised:
        create(BackendSettings("n", Mode.HYBRID, server, "http://127.0.0.1:9/v1"))
    assert str(server) in str(raised.value)


def test_a_backend_has_the_name_and_mode_of_its_settings() -> None:
    backend = create(BackendSettings("n", Mode.PRECISE, ServerKind.LLAMA_CPP, "http://127.0.0.1:9/v1"))
    assert (backend.name, backend.mode) == ("n", "precise")


@pytest.mark.parametrize(
    ("base_url", "shown"),
    [
        ("http://127.0.0.1:8081/v1", "http://127.0.0.1:8081"),
        ("http://[::1]:8081/v1", "http://[::1]:8081"),
        ("https://user:swordfish@models.example/a/v1?key=swordfish", "https://models.example"),
    ],
)
def test_an_address_is_shown_without_anything_secret(base_url: str, shown: str) -> None:
    assert address(base_url) == shown
