"""A finding's identity."""

from qcn_lsp.core import cwe
from qcn_lsp.core.finding import fingerprint


def test_a_finding_stays_itself_when_its_line_is_indented_and_not_when_anything_else_changes() -> None:
    one = fingerprint("a.py", 89, "f", "    db.execute(q)")
    assert one == fingerprint("a.py", 89, "f", "\tdb.execute(q)  ")
    others = {
        fingerprint("b.py", 89, "f", "db.execute(q)"),
        fingerprint("a.py", 79, "f", "db.execute(q)"),
        fingerprint("a.py", 89, "g", "db.execute(q)"),
        fingerprint("a.py", 89, "f", "db.execute(r)"),
    }
    assert one not in others
    assert len(others) == 4


def test_the_list_of_weaknesses_knows_what_exists() -> None:
    assert cwe.exists(89)
    assert "SQL" in cwe.name(89)
    assert not cwe.exists(4242)
    assert cwe.name(4242) == ""
    assert not cwe.exists(16)  # a category, under which nothing may be reported
