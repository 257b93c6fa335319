"""Backends are created without cost, for every kind of server."""

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
for server in ServerKind:
    create(BackendSettings("n", Mode.PRECISE, server, "http://127.0.0.1:9/v1"))
loaded = {name.partition(".")[0] for name in sys.modules}
assert not loaded & {"openai", "httpx2", "pydantic", "aiohttp"}, loaded
"""


def test_creating_a_backend_loads_no_client() -> None:
    subprocess.run([sys.executable, "-c", LAZY], check=True, timeout=60)


@pytest.mark.parametrize("server", list(ServerKind))
async def test_every_kind_of_server_has_a_backend(server: ServerKind) -> None:
    backend = create(BackendSettings("n", Mode.PRECISE, server, "http://127.0.0.1:9/v1"))
    assert (backend.name, backend.mode) == ("n", "precise")
    with pytest.raises(BackendUnavailable, match="does not answer"):
        await backend.probe()
    with pytest.raises(BackendUnavailable, match="does not answer"):
        await backend.inspect()
    await backend.close()
    for question in (backend.probe(), backend.inspect(), backend.count_tokens("x")):
        with pytest.raises(BackendUnavailable, match="was closed"):
            await question


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
