"""A workspace for every protocol test."""

from pathlib import Path

import pytest

SHOP = """\
import hashlib
import sqlite3


def find(db: sqlite3.Connection, name: str) -> list:
    return db.execute("SELECT * FROM users WHERE name = '%s'" % name).fetchall()


def tag(text: bytes) -> str:
    return hashlib.md5(text).hexdigest()


def greet(name: str) -> str:
    mark = "😀"; return mark + name
"""


@pytest.fixture
def workspace(tmp_path: Path) -> Path:
    """A folder with one Python file, in no repository."""
    folder = tmp_path / "workspace é"
    folder.mkdir()
    (folder / "shop.py").write_text(SHOP)
    return folder
