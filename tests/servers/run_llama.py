"""A real llama.cpp server from the `xllamacpp` wheel, in a process of its own: `python run_llama.py MODEL.gguf`.

One thread: two of them are ten times slower on a busy machine. Batches of 64 tokens: a server notices only between two
of them that its client has left, and reports progress only then.
"""

import signal
import sys
import threading

import xllamacpp  # type: ignore[import-untyped] # has no stubs

CTX = 4096
BATCH_TOKENS = 64

params = xllamacpp.CommonParams()
params.model.path = sys.argv[1]
params.model_alias = {"SmolLM2-135M-Instruct"}
params.hostnames = ["127.0.0.1"]
params.port = 0
params.n_ctx = CTX
params.n_parallel = 1
params.n_batch = params.n_ubatch = BATCH_TOKENS
params.cpuparams.n_threads = params.cpuparams_batch.n_threads = 1
params.endpoint_slots = params.endpoint_metrics = params.endpoint_props = True
params.ui, params.offline = False, True
server = xllamacpp.Server(params)

stop = threading.Event()
for number in (signal.SIGTERM, signal.SIGINT):
    signal.signal(number, lambda *_: stop.set())
print("llama.cpp on", server.listening_address, flush=True)  # noqa: T201 - how the tests learn the port
stop.wait()
