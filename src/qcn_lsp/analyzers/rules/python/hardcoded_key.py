"""Secrets whose names ruff's S105 does not recognize."""

from qcn_lsp.analyzers.patterns import either, every, has, kind, no, text
from qcn_lsp.analyzers.rule import PYTHON, Rule
from qcn_lsp.core.severity import Severity

_NAME = r"(?i)(^|[._\[\"'])(\w*_)?(api_?key|access_?key|private_?key|signing_?key|encryption_?key|auth_?key|client_?key|credentials?|jwt_?key|aes_?key)([\"']\])?$"
_VALUE = every(
    kind("string"),
    text(r"^[rb]?[\"'][^\"'\s{}<>$]{8,}[\"']$"),
    no(
        text(
            r"(?i)example|change.?me|placeholder|your.|xxxx|\*\*\*|^[rb]?[\"'](\w+_key|[A-Z_]+|/.*|https?://.*|.*\.(pem|key|json))[\"']$|^[\"'][a-z_.-]+[\"']$"
        )
    ),
)

RULE = Rule(
    id="python-hardcoded-key",
    languages=PYTHON,
    cwe=798,
    severity=Severity.MEDIUM,
    message="A key is written in the code",
    help="Read it from the environment or a secret store, and replace it: it is known now",
    words=("KEY", "key", "Key", "credential", "CREDENTIAL"),
    rule=either(
        every(kind("assignment"), has(text(_NAME), "left"), has(_VALUE, "right")),
        every(kind("keyword_argument"), has(text(_NAME), "name"), has(_VALUE, "value")),
        every(kind("pair"), has(text(_NAME), "key"), has(_VALUE, "value")),
    ),
    hits=(
        'API_KEY = "not-a-real-key-0123456789"',
        'client = Client(api_key="not-a-real-key-0123456789")',
    ),
    misses=(
        'API_KEY = os.environ["API_KEY"]',
        'API_KEY = "changeme"',
        'API_KEY = ""',
        'KEYBOARD = "not-a-real-key-0123456789"',
    ),
)
