"""The language server: converts in, asks the session, converts out. The only importer of pygls and lsprotocol."""
