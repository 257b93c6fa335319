"""qcn-lsp: security review of changed code by a model on the user's own machine."""

__version__ = "0.1.0"
