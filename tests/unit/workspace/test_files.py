"""Reading files: what is text, and why something is not reviewed."""

from pathlib import Path

import pytest

from qcn_lsp.errors import UnreadableFile
from qcn_lsp.workspace.files import decode, read_text
from qcn_lsp.workspace.walk import Ignored, walk


@pytest.mark.parametrize(
    ("data", "text"),
    [
        (b"", ""),
        (b"a\r\nb", "a\r\nb"),
        ("\ufeffx = 'é'".encode(), "\ufeffx = 'é'"),
        ("\ufeffx".encode("utf-16-le"), "\ufeffx"),
        ("\ufeffx".encode("utf-16-be"), "\ufeffx"),
        ("# caf\xe9\n".encode("latin-1") + b"x = 1\n", "# caf\ufffd\nx = 1\n"),
        (b"\xed\xa0\x80 = 1", "\ufffd\ufffd\ufffd = 1"),
    ],
)
def test_text_in_the_encodings_people_have(data: bytes, text: str) -> None:
    assert decode(data) == text


@pytest.mark.parametrize(
    ("data", "reason"),
    [
        (b"\x7fELF\0\0", "binary"),
        (bytes(range(128, 256)) * 4, "is not UTF-8"),
        (b"var a=" + b"1+" * 20_000, "minified"),
    ],
)
def test_what_is_no_text_is_skipped_with_a_reason(data: bytes, reason: str) -> None:
    with pytest.raises(UnreadableFile, match=reason):
        decode(data)


def test_files_that_cannot_be_read_say_why(tmp_path: Path) -> None:
    loop = tmp_path / "loop.py"
    loop.symlink_to(loop)
    large = tmp_path / "large.py"
    large.write_text("x = 1\n" * 1000)
    for path, reason in [
        (tmp_path, "not a regular file"),
        (tmp_path / "gone.py", "not a file any more"),
        (large, r"5 KiB, more than review.max_file_kib = 1"),
        (loop, "not a file any more|cannot be read"),
    ]:
        with pytest.raises(UnreadableFile, match=reason):
            read_text(path, 1)


def test_the_walk_skips_links_hidden_and_third_party_folders(tmp_path: Path) -> None:
    for name in ("b.py", "a.py", "node_modules/x.js", ".git/y.py", "src/c.py"):
        path = tmp_path / name
        path.parent.mkdir(exist_ok=True)
        path.write_text("")
    (tmp_path / "src" / "again").symlink_to(tmp_path)
    (tmp_path / "link.py").symlink_to(tmp_path / "a.py")
    assert [path.relative_to(tmp_path).as_posix() for path in walk(tmp_path, [])] == ["a.py", "b.py", "src/c.py"]


def test_ignored_paths_are_spelled_as_in_gitignore() -> None:
    ignored = Ignored(["/gen/", "*.min.js", "!keep.min.js"])
    assert "gen/a.py" in ignored
    assert "src/gen/a.py" not in ignored
    assert "x/a.min.js" in ignored
    assert "x/keep.min.js" not in ignored
    assert "a.py" not in Ignored([])
