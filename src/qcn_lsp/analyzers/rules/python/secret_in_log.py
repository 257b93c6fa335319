"""A password or token is written to the log."""

from qcn_lsp.analyzers.patterns import contains, every, has, inside, kind, no, text
from qcn_lsp.analyzers.rule import PYTHON, Rule
from qcn_lsp.analyzers.rules.python._flow import CALLS
from qcn_lsp.core.severity import Severity

RULE = Rule(
    id="python-secret-in-log",
    languages=PYTHON,
    cwe=532,
    severity=Severity.MEDIUM,
    message="A password or token is written to the log",
    help="Leave it out, or log that it was there",
    words=("log", "print"),
    rule=CALLS.to(
        r"^(print|(logging|logger|log|self\.log|self\.logger|_log|_logger|LOG|app\.logger|current_app\.logger)\.(debug|info|warning|error|critical|exception|log))$",
        contains(
            every(
                kind("identifier", "attribute", "subscript"),
                text(
                    r"(?i)(^|[._]|[\"'])(\w*_)?(password|passwd|pwd|secret|api_?key|access_token|private_key|auth_token)([\"']\])?$"
                ),
                no(text(r"(?i)hash|reset|expired|invalid|policy")),
                no({"inside": {"all": [{"kind": "keyword_argument"}], "field": "name"}}),
                no(inside(every(kind("call"), has(text(r"^(len|bool|mask|redact\w*|type)$"), "function")))),
            )
        ),
    ),
    hits=(
        """\
def login(name, password):
    logger.info("login of %s with %s", name, password)""",
        """\
def start(config):
    print(f"using {config.api_key}")""",
    ),
    misses=(
        """\
def login(name, password):
    logger.info("login of %s", name)""",
        """\
def login(name, password):
    logger.debug("password has %d characters", len(password))""",
        """\
def login():
    logger.warning("wrong password")""",
    ),
)
