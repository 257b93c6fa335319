"""SQL that ruff's S608 does not recognize: pieces of a statement, and text that an ORM takes as it is."""

from qcn_lsp.analyzers.patterns import contains, either, every, has, kind, no, nth, text
from qcn_lsp.analyzers.rule import PYTHON, Rule
from qcn_lsp.analyzers.rules.python._flow import CALLS, FLOW, REQUEST, REQUEST_VALUE
from qcn_lsp.core.severity import Severity

_BUILT = either(
    every(kind("string"), has(kind("interpolation"))),
    every(
        kind("binary_operator"),
        either(text(r"^[\"'frb]"), text(r"[\"'] *(\+|%)|\+ *[\"']")),
        contains(kind("string")),
        contains(kind("identifier")),
    ),
    every(kind("call"), has(text(r"[\"']\.format$"), "function")),
)
_FRAGMENT = r"(?s)[\"']\s*(WHERE|where|AND|and|OR|or|ORDER BY|order by|LIMIT|limit|HAVING|GROUP BY|VALUES|SET|JOIN)\b.*(=|LIKE|like|BY|by|IN|in|LIMIT|limit|\()"
_WHOLE = r"(?is)\b(select\b.+\bfrom\b|insert\s+into\b|delete\s+from\b|update\b.+\bset\b)"

RULE = Rule(
    id="python-sql-fragment",
    languages=PYTHON,
    cwe=89,
    severity=Severity.HIGH,
    message="SQL is put together from text",
    help="Pass values as parameters, and choose column names from a fixed list",
    words=("execute", "text(", "raw(", "WHERE", "where", "ORDER", "order", "AND"),
    rule=either(
        every(
            kind("augmented_assignment"),
            has(every(_BUILT, text(_FRAGMENT), no(text(_WHOLE)), no(text(r"join\("))), "right"),
        ),
        CALLS.to(
            r"\.(execute|executemany|executescript|raw|from_statement|read_sql\w*)$|(^|\.)text$|^(execute|read_sql)$",
            has(
                nth(
                    1,
                    every(
                        _BUILT,
                        text(r"[\"'][^\"']*\b[A-Za-z]+\s"),
                        no(text(_WHOLE)),
                        text(
                            r"(?i)[\"'][^\"']*\b(where|and|order by|drop|alter|pragma|exec|call|set|grant|create|use|truncate|show|select|with|update|insert|delete)\b"
                        ),
                    ),
                )
            ),
        ),
        CALLS.to(
            r"\.(execute|executemany|executescript|raw)$|(^|\.)text$",
            has(
                nth(
                    1,
                    every(
                        FLOW.tainted(REQUEST, r"[\"'].*%s|\bint\("),
                        no(text(r"(?i)\b(select|insert|update|delete)\b")),
                        no(kind("dictionary", "list", "tuple")),
                        either(kind("identifier", "attribute", "subscript"), REQUEST_VALUE),
                    ),
                )
            ),
        ),
    ),
    hits=(
        """\
def search(cursor, name):
    query = BASE
    query += " WHERE name = '" + name + "'"
    cursor.execute(query)""",
        """\
def drop(connection, table):
    connection.execute(f"DROP TABLE {table}")""",
        """\
def run(cursor):
    cursor.execute(request.form["query"])""",
    ),
    misses=(
        """\
def search(cursor, name):
    cursor.execute("SELECT * FROM t WHERE name = ?", (name,))""",
        """\
def search(cursor, name):
    query = BASE
    query += " WHERE name = %s"
    cursor.execute(query, (name,))""",
        """\
def greet(names):
    message = "Hello "
    message += "and " + names[0]
    return message""",
        """\
def later(pool, job):
    pool.execute(job)""",
    ),
)
