"""The server's certificate is not checked."""

from qcn_lsp.analyzers.patterns import either, every, has, kind, text
from qcn_lsp.analyzers.rule import JAVASCRIPT, Rule
from qcn_lsp.core.severity import Severity

RULE = Rule(
    id="javascript-tls-unverified",
    languages=JAVASCRIPT,
    cwe=295,
    severity=Severity.MEDIUM,
    message="The server's certificate is not checked",
    help="Leave the check on, and pass the authority as ca",
    words=("rejectUnauthorized", "NODE_TLS_REJECT_UNAUTHORIZED", "strictSSL"),
    rule=either(
        every(
            kind("pair"),
            has(text(r"^[\"']?(rejectUnauthorized|strictSSL)[\"']?$"), "key"),
            has(text(r"^(false|0)$"), "value"),
        ),
        every(
            kind("assignment_expression"),
            has(text(r"NODE_TLS_REJECT_UNAUTHORIZED"), "left"),
            has(text(r"^[\"']?0[\"']?$"), "right"),
        ),
        every(
            kind("assignment_expression"), has(text(r"\.rejectUnauthorized$"), "left"), has(text(r"^false$"), "right")
        ),
    ),
    hits=(
        "const agent = new https.Agent({ rejectUnauthorized: false });",
        'process.env.NODE_TLS_REJECT_UNAUTHORIZED = "0";',
    ),
    misses=(
        "const agent = new https.Agent({ rejectUnauthorized: true });",
        "const agent = new https.Agent({ keepAlive: false });",
        "if (options.rejectUnauthorized === false) warn();",
    ),
)
