"""Text that may be shown in a terminal."""


def printable(text: str) -> str:
    """Without control characters: neither code under review nor a server may move the cursor or colour the terminal."""
    return "".join(character if character.isprintable() else "\N{REPLACEMENT CHARACTER}" for character in text)
