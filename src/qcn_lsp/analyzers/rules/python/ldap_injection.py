"""An LDAP filter is put together from text."""

from qcn_lsp.analyzers.patterns import contains, either, every, has, inside, kind, no, text
from qcn_lsp.analyzers.rule import PYTHON, Rule
from qcn_lsp.analyzers.rules.python._flow import CALLS
from qcn_lsp.core.severity import Severity

_SAFE = r"escape_filter_chars|escape_rdn|filter_format"
_FILTER = either(
    every(kind("string"), text(r"^[rR]?[fF][\"'].*\([&|!]?\(?\w+=.*\{"), no(text(_SAFE))),
    every(kind("binary_operator"), text(r"^[rR]?[\"']\([&|!]?\(?\w+="), contains(kind("identifier")), no(text(_SAFE))),
    every(kind("call"), text(r"^[\"']\([&|!]?\(?\w+=.*\.format\("), no(text(_SAFE))),
)

RULE = Rule(
    id="python-ldap-injection",
    languages=PYTHON,
    cwe=90,
    severity=Severity.HIGH,
    message="An LDAP filter is put together from text",
    help="Escape each value with escape_filter_chars",
    words=("search", "ldap", "Ldap", "LDAP"),
    rule=every(
        _FILTER,
        either(
            inside(CALLS.to(r"\.(search|search_s|search_ext|search_ext_s|search_st)$")),
            inside(every(kind("assignment"), has(text(r"(?i)filter|ldap|query|dn"), "left"))),
        ),
    ),
    hits=(
        """\
def find(conn, name):
    return conn.search_s(BASE, SCOPE, "(uid=" + name + ")")""",
        """\
def find(conn, name):
    ldap_filter = f"(&(objectClass=person)(uid={name}))"
    return conn.search(BASE, ldap_filter)""",
    ),
    misses=(
        """\
def find(conn, name):
    return conn.search_s(BASE, SCOPE, f"(uid={escape_filter_chars(name)})")""",
        """\
def find(conn):
    return conn.search_s(BASE, SCOPE, "(uid=admin)")""",
        """\
def find(index, name):
    return index.search("uid " + name)""",
    ),
)
