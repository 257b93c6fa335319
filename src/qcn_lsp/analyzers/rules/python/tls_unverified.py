"""Certificate checks switched off where ruff's S501 and S323 do not look."""

from qcn_lsp.analyzers.patterns import either, every, has, kind, text
from qcn_lsp.analyzers.rule import PYTHON, Rule
from qcn_lsp.analyzers.rules.python._flow import CALLS
from qcn_lsp.core.severity import Severity

RULE = Rule(
    id="python-tls-unverified",
    languages=PYTHON,
    cwe=295,
    severity=Severity.MEDIUM,
    message="The server's certificate is not checked",
    help="Leave the checks on, and add the authority to the trusted ones",
    words=("CERT_NONE", "check_hostname", "verify", "ssl=", "verify_ssl"),
    rule=either(
        every(kind("assignment"), has(text(r"\.check_hostname$"), "left"), has(text(r"^False$"), "right")),
        every(kind("assignment"), has(text(r"\.verify_mode$"), "left"), has(text(r"CERT_NONE$"), "right")),
        every(kind("assignment"), has(text(r"(?i)session\.verify$"), "left"), has(text(r"^False$"), "right")),
        CALLS.to(
            r".", has(every(kind("keyword_argument"), text(r"^cert_reqs *= *([\"']CERT_NONE[\"']|(ssl\.)?CERT_NONE)$")))
        ),
        CALLS.to(
            r"^(aiohttp\.)?TCPConnector$|^session\.(get|post|put|request)$",
            has(every(kind("keyword_argument"), text(r"^(ssl|verify_ssl) *= *False$"))),
        ),
    ),
    hits=(
        """\
def context():
    made = ssl.create_default_context()
    made.verify_mode = ssl.CERT_NONE
    return made""",
        """\
def client():
    session = requests.Session()
    session.verify = False
    return session""",
        """\
def client():
    return aiohttp.TCPConnector(ssl=False)""",
    ),
    misses=(
        """\
def context():
    made = ssl.create_default_context()
    made.verify_mode = ssl.CERT_REQUIRED
    return made""",
        """\
def client():
    session = requests.Session()
    session.verify = "/etc/ssl/ca.pem"
    return session""",
        """\
def client(form):
    form.verify = False""",
    ),
)
