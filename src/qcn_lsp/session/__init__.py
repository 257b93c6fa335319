"""Wires documents, analysis, backends and reviews together. No LSP: the server and the command line use it alike."""
