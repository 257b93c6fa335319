"""Stands in for a model server: `fake_llama_server.py BEHAVIOUR [arguments of the real one]`.

`ready`: 503 to the first request, then 200. `loading`: 503 for ever. `dies`: 503 to the first request, then it ends.
`SEEN`, a named pipe in the environment, is written to when the first request has come.
"""

import http.server
import os
import sys
from pathlib import Path

LOG = """\
llm_load_tensors: offloaded 49/49 layers to GPU
llm_load_tensors:        CPU buffer size = 41472.00 MiB
llm_load_tensors:      CUDA0 buffer size =  1403.21 MiB
llama_init_from_model: n_ctx         = 65536
llama_init_from_model: graph splits = 98
"""
HELP = {
    "trace": "-lv, --verbosity N\n - 3: info\n - 4: trace (more info)\n--cors-origins special value 'localhost'\n",
    "debug": "-lv, --verbosity N\n - 3: info\n - 4: debug\n",
    "ik": "-rtr, --run-time-repack\n",
}


def say(text: str) -> None:
    sys.stdout.write(f"{text}\n")
    sys.stdout.flush()


class Health(http.server.BaseHTTPRequestHandler):
    requests = 0

    def do_GET(self) -> None:
        Health.requests += 1
        is_first = Health.requests == 1
        self.send_response(503 if is_first or BEHAVIOUR == "loading" else 200)
        self.send_header("Content-Length", "0")
        self.end_headers()
        if is_first and "SEEN" in os.environ:
            Path(os.environ["SEEN"]).write_text("seen\n")
        if BEHAVIOUR == "dies":
            say("\x1b[31mllama_model_load: error loading model: tensor 'a' is not within file bounds\x1b[0m")
            say("main: exiting due to model loading error")
            os._exit(1)

    def log_message(self, *_: object) -> None:
        """Nothing."""


BEHAVIOUR, *ARGUMENTS = sys.argv[1:]
if "--help" in ARGUMENTS:
    sys.stdout.write(HELP.get(os.environ.get("HELP_OF", ""), ""))
    sys.exit()
say(f"started in {Path.cwd()} with {ARGUMENTS}")
say(LOG)
PORT = int(ARGUMENTS[ARGUMENTS.index("--port") + 1])
http.server.HTTPServer(("127.0.0.1", PORT), Health).serve_forever()
