"""Whether a server on this machine has loaded its model, asked of the server itself."""

import http.client
from enum import Enum

from qcn_lsp.launch.commands import LOOPBACK

_SECONDS = 2.0


class Health(Enum):
    """What `GET /health` says."""

    READY = "ready"
    LOADING = "loading"
    SILENT = "silent"


def health(port: int) -> Health:
    """Asks once, for two seconds at most, without any proxy. vLLM does not listen before it is ready."""
    connection = http.client.HTTPConnection(LOOPBACK, port, timeout=_SECONDS)
    try:
        connection.request("GET", "/health")
        status = connection.getresponse().status
    except (OSError, http.client.HTTPException):
        return Health.SILENT
    finally:
        connection.close()
    if status == http.client.OK:
        return Health.READY
    return Health.LOADING if status == http.client.SERVICE_UNAVAILABLE else Health.SILENT
