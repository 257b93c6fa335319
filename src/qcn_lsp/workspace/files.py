"""Reads source files as text, and says in one sentence why one cannot be read."""

import codecs
from pathlib import Path

from qcn_lsp.errors import UnreadableFile

_BYTE_ORDER_MARKS = (
    (codecs.BOM_UTF8, "utf-8"),
    (codecs.BOM_UTF32_LE, "utf-32"),
    (codecs.BOM_UTF32_BE, "utf-32"),
    (codecs.BOM_UTF16_LE, "utf-16"),
    (codecs.BOM_UTF16_BE, "utf-16"),
)
# One broken byte in a hundred is a source file with a stray Latin-1 comment; more is another encoding or no text.
_MOST_BROKEN = 0.01
_LONGEST_LINE = 20_000


def read_text(path: Path, max_kib: int) -> str:
    """The file's text; a byte order mark is kept as its first character, so that columns stay those of the file.

    Raises:
        UnreadableFile: Missing, not a regular file, too large, binary, minified or in an unknown encoding.
    """
    try:
        if not path.is_file():
            raise UnreadableFile("is not a file any more" if not path.exists() else "is not a regular file")
        size = path.stat().st_size
        if size > max_kib * 1024:
            raise UnreadableFile(f"is {size // 1024} KiB, more than review.max_file_kib = {max_kib}; not reviewed")
        return decode(path.read_bytes())
    except OSError as error:
        raise UnreadableFile(f"cannot be read: {error.strerror or 'unknown error'}") from error


def decode(data: bytes) -> str:
    """The text of a file's bytes: UTF-8, or what its byte order mark says.

    Raises:
        UnreadableFile: Binary, in an unknown encoding, or minified.
    """
    encoding = next((name for mark, name in _BYTE_ORDER_MARKS if data.startswith(mark)), "")
    if encoding in {"utf-16", "utf-32"}:
        text = "\ufeff" + data.decode(encoding, "replace")
    elif b"\0" in data:
        raise UnreadableFile("holds NUL bytes and is taken for binary; not reviewed")
    else:
        text = data.decode("utf-8", "replace")
    if text.count("\ufffd") > max(8, len(text) * _MOST_BROKEN):
        raise UnreadableFile("is not UTF-8; save it as UTF-8 to have it reviewed")
    check_reviewable(text)
    return text


def check_reviewable(text: str) -> None:
    """Refuses text that no person wrote.

    Raises:
        UnreadableFile: A line is so long that the text must be minified or generated.
    """
    longest = max(map(len, text.split("\n")), default=0)
    if longest > _LONGEST_LINE:
        raise UnreadableFile(f"has a line of {longest} characters and is taken for minified; not reviewed")
