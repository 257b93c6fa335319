"""A password or token is written to the log."""

from qcn_lsp.analyzers.patterns import contains, every, has, inside, kind, no, text
from qcn_lsp.analyzers.rule import JAVASCRIPT, Rule
from qcn_lsp.analyzers.rules.javascript._flow import CALLS
from qcn_lsp.core.severity import Severity

RULE = Rule(
    id="javascript-secret-in-log",
    languages=JAVASCRIPT,
    cwe=532,
    severity=Severity.MEDIUM,
    message="A password or token is written to the log",
    help="Leave it out, or log that it was there",
    words=("console.", "logger.", "log."),
    rule=CALLS.to(
        r"^(console|logger|log|winston|this\.logger|req\.log)\.(log|info|debug|warn|error|trace)$",
        contains(
            every(
                kind("identifier", "member_expression"),
                text(r"(?i)(^|[._]|\w)(password|passwd|secret|api_?key|access_?token|private_?key)$"),
                no(text(r"(?i)hash|reset|invalid|has|forgot")),
                no({"inside": {"kind": "member_expression", "regex": r"\.length$"}}),
                no(inside(every(kind("call_expression"), has(text(r"(?i)^(mask|redact\w*|Boolean)$"), "function")))),
            )
        ),
    ),
    hits=(
        """\
function login(name, password) {
  console.log("login", name, password);
}""",
        "logger.debug(`connecting with ${config.apiKey}`);",
    ),
    misses=(
        """\
function login(name, password) {
  console.log("login", name);
}""",
        'console.log("wrong password");',
        "logger.debug(`password has ${password.length} characters`);",
    ),
)
