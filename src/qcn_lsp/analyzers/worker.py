"""The process ast-grep runs in, one text after the other, until its standard input ends.

Ast-grep holds the interpreter's lock while it searches, and some texts make it crash. Here neither is felt by the
server: `pool` starts this process, and ends it when it does not answer in time.
"""

import faulthandler
import os
import signal
import sys

from qcn_lsp.analyzers import ast_grep, wire
from qcn_lsp.errors import AnalyzerError

LONGEST_SEARCH_SECONDS = 60.0
"""The server ends a search much sooner; this ends one whose server was killed, which nobody waits for any more."""


def main() -> None:
    """Answers questions from standard input on standard output."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C reaches a terminal's whole group; the server decides
    _leave_no_core()
    with os.fdopen(os.dup(1), "wb") as output:
        os.dup2(2, 1)  # what a library prints must not get between the answers
        while (body := wire.read(sys.stdin.buffer)) is not None:
            # A watchdog in C: the interpreter's lock may be held for as long as the search takes.
            faulthandler.dump_traceback_later(LONGEST_SEARCH_SECONDS, exit=True)
            message = _answer(*wire.read_question(body))
            faulthandler.cancel_dump_traceback_later()
            output.write(message)
            output.flush()


def _answer(language: str, text: str) -> bytes:
    try:
        return wire.answer(ast_grep.check(language, text))
    except AnalyzerError as error:
        return wire.refusal(str(error))
    # Anything else ends the process: it may be in no state to go on, and starting another is cheap.


def _leave_no_core() -> None:
    """Keeps a crash from writing the text under review to disk."""
    if sys.platform != "win32":
        import resource

        resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
