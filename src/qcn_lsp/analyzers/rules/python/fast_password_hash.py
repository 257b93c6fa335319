"""A password is hashed with a function that is fast to guess."""

from qcn_lsp.analyzers.patterns import contains, every, kind, text
from qcn_lsp.analyzers.rule import PYTHON, Rule
from qcn_lsp.analyzers.rules.python._flow import CALLS
from qcn_lsp.core.severity import Severity

RULE = Rule(
    id="python-fast-password-hash",
    languages=PYTHON,
    cwe=916,
    severity=Severity.HIGH,
    message="A password is hashed with a function that is fast to guess",
    help="Use argon2, scrypt or bcrypt",
    words=("hashlib", "md5", "sha"),
    rule=CALLS.to(
        r"^(hashlib\.)?(md5|sha1|sha224|sha256|sha384|sha512|sha3_\w+|blake2[bs])$",
        contains(
            every(
                kind("identifier", "attribute", "string"),
                text(
                    r"(?i)^([\w.]*[._])?(\w*password|passwd|pwd|passphrase)([\"']|$)|^[\"'](password|passwd|pwd)[\"']$"
                ),
            )
        ),
    ),
    hits=(
        """\
def store(password):
    return hashlib.sha256(password.encode()).hexdigest()""",
        """\
def store(user, salt):
    return hashlib.sha512(salt + user.password.encode()).hexdigest()""",
    ),
    misses=(
        """\
def store(password, salt):
    return hashlib.scrypt(password.encode(), salt=salt, n=2**15, r=8, p=1)""",
        """\
def checksum(data):
    return hashlib.sha256(data).hexdigest()""",
        """\
def store(password, salt):
    return hashlib.pbkdf2_hmac("sha256", password, salt, 600_000)""",
    ),
)
