"""A token's signature is not checked."""

from qcn_lsp.analyzers.patterns import contains, either, every, has, kind, text
from qcn_lsp.analyzers.rule import PYTHON, Rule
from qcn_lsp.analyzers.rules.python._flow import CALLS
from qcn_lsp.core.severity import Severity

RULE = Rule(
    id="python-jwt-unverified",
    languages=PYTHON,
    cwe=347,
    severity=Severity.HIGH,
    message="A token's signature is not checked",
    help="Decode with the key and a fixed list of algorithms",
    words=("jwt", "jose"),
    rule=CALLS.to(
        r"^(jwt|jose\.jwt|pyjwt)\.decode$",
        either(
            contains(every(kind("pair"), text(r"verify_signature[\"'] *: *False"))),
            has(every(kind("keyword_argument"), text(r"^verify *= *False"))),
            has(every(kind("keyword_argument"), text(r"(?i)^algorithms? *=.*[\"']none[\"']"))),
        ),
    ),
    hits=(
        """\
def user(token):
    return jwt.decode(token, options={"verify_signature": False})""",
        """\
def user(token):
    return jwt.decode(token, KEY, algorithms=["HS256", "none"])""",
        """\
def user(token):
    return jwt.decode(token, verify=False)""",
    ),
    misses=(
        """\
def user(token):
    return jwt.decode(token, KEY, algorithms=["RS256"])""",
        """\
def user(token):
    return jwt.decode(token, KEY, algorithms=["RS256"], options={"verify_exp": False})""",
        """\
def user(token):
    return codec.decode(token, verify=False)""",
    ),
)
