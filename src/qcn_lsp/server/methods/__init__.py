"""One module per LSP method: convert in, ask the session, convert out."""
