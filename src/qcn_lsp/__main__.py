"""`python -m qcn_lsp` is `qcn-lsp`."""

from qcn_lsp.cli.main import run

run()
