"""What a text consists of: languages, parsing, units, digests, chunks and outlines. Only this layer knows tree-sitter.

Importing these modules costs nothing: tree-sitter and a language's grammar are loaded when the first text of that
language is parsed.
"""
