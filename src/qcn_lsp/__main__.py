"""`python -m qcn_lsp` is `qcn-lsp`."""

import sys

if not sys.flags.safe_path:
    # The current folder, which Python puts first here: a workspace must not provide the modules that are imported.
    sys.path.pop(0)

from qcn_lsp.cli.main import run

run()
