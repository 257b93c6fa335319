"""SQL stores or compares a password and nothing around it hashes one."""

from qcn_lsp.analyzers.patterns import contains, either, every, has, inside, kind, no, text
from qcn_lsp.analyzers.rule import PYTHON, Rule
from qcn_lsp.analyzers.rules.python._flow import CALLS
from qcn_lsp.core.severity import Severity

RULE = Rule(
    id="python-plaintext-password-query",
    languages=PYTHON,
    cwe=256,
    severity=Severity.HIGH,
    message="SQL stores or compares a password and nothing around it hashes one",
    help="Store a salted hash from argon2, scrypt or bcrypt, and compare after reading it",
    words=("password", "PASSWORD", "passwd", "pwd"),
    rule=every(
        kind("string"),
        text(
            r"(?is)^[frb]*[\"']+\s*(insert\s+into\b.*\b(password|passwd|pwd)\b.*\bvalues\b|(select|update|delete)\b.*\b(password|passwd|pwd)\s*=)"
        ),
        either(
            inside(CALLS.to(r"(?i)(execute\w*|query\w*|fetch\w*|raw|text|run)$")),
            inside(every(kind("assignment"), has(text(r"(?i)sql|query|statement|stmt"), "left"))),
        ),
        no(inside(every(kind("function_definition"), text(r"(?i)hash|crypt|digest|argon|pbkdf|scrypt")))),
        no(
            inside(
                every(
                    kind("module"),
                    no(contains(kind("function_definition"))),
                    text(r"(?i)hash|crypt|digest|argon|pbkdf|scrypt"),
                )
            )
        ),
    ),
    hits=(
        """\
def register(cursor, name, password):
    cursor.execute("INSERT INTO users (name, password) VALUES (?, ?)", (name, password))""",
        """\
def login(cursor, name, password):
    cursor.execute("SELECT id FROM users WHERE name = %s AND password = %s", (name, password))
    return cursor.fetchone()""",
    ),
    misses=(
        """\
def register(cursor, name, password):
    cursor.execute("INSERT INTO users (name, password) VALUES (?, ?)", (name, bcrypt.hashpw(password, salt)))""",
        """\
def login(cursor, name):
    cursor.execute("SELECT id, password FROM users WHERE name = %s", (name,))""",
        """\
def register(cursor, name, digest):
    cursor.execute("INSERT INTO users (name, password_hash) VALUES (?, ?)", (name, digest))""",
    ),
)
