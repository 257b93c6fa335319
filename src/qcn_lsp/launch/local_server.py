"""llama.cpp's own HTTP server out of the wheel `xllamacpp`: `python -m qcn_lsp.launch.local_server --model FILE`.

Listens on 127.0.0.1 until SIGTERM or SIGINT. Everything but the flags is fixed: one slot, no web page of its own, and
none of another site's may use it.
"""

import argparse
import signal
import sys
import threading
from pathlib import Path

# Says where the weights went; the next level would write prompts into the log.
_TRACE = 4


def serve(model: Path, port: int, ctx: int, threads: int, batch: int) -> int:
    """Loads a model and serves it.

    Args:
        model: A GGUF file.
        port: On this machine, 0 for any.
        ctx: Context in tokens.
        threads: For generation and for prompts.
        batch: Tokens between two looks at whether the client is still there.

    Returns:
        The exit code.
    """
    import xllamacpp  # type: ignore[import-untyped] # has no stubs

    params = xllamacpp.CommonParams()
    params.model.path = str(model)
    params.model_alias = {model.stem}
    params.hostnames = ["127.0.0.1"]
    params.port = port
    params.n_ctx = ctx
    params.n_parallel = 1
    params.n_batch = params.n_ubatch = batch
    params.cpuparams.n_threads = params.cpuparams_batch.n_threads = threads
    params.endpoint_slots = params.endpoint_metrics = True
    params.ui, params.offline = False, True
    params.cors_origins = "localhost"
    params.verbosity = _TRACE
    try:
        # Until it has loaded, a signal ends the process at once, as signals do.
        server = xllamacpp.Server(params)
    except RuntimeError:
        print(f"{model.name} could not be loaded; the lines above say why", file=sys.stderr)  # noqa: T201 - its log
        return 1
    stop = threading.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: stop.set())
    print("serving on", server.listening_address, flush=True)  # noqa: T201 - its log
    stop.wait()
    return 0


def _parse() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m qcn_lsp.launch.local_server")
    parser.add_argument("--model", type=Path, required=True)
    parser.add_argument("--port", type=int, required=True)
    parser.add_argument("--ctx", type=int, required=True)
    parser.add_argument("--threads", type=int, default=1)
    parser.add_argument("--batch", type=int, default=512)
    return parser.parse_args()


if __name__ == "__main__":
    _given = _parse()
    sys.exit(serve(_given.model, _given.port, _given.ctx, _given.threads, _given.batch))
