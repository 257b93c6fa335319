"""A password or key is written in the code."""

from qcn_lsp.analyzers.patterns import either, every, has, kind, no, nth, text
from qcn_lsp.analyzers.rule import JAVASCRIPT, Rule
from qcn_lsp.analyzers.rules.javascript._flow import CALLS
from qcn_lsp.core.severity import Severity

_NAME = r"(?i)^([\w.]*[._])?\w*(password|passwd|secret|api_?key|access_?key|private_?key|auth_?token|access_?token|client_?secret|jwt_?secret|encryption_?key|signing_?key)[\"'\]]*$"
_VALUE = every(
    kind("string"),
    text(r"^[\"'][^\s<>{}$]{8,}[\"']$"),
    no(
        text(
            r"(?i)example|change.?me|placeholder|^[\"']your|xxxx|\*\*\*|^[\"'](https?:|/|\.|#)|password[\"']$|^[\"'][a-z]+([._ -][a-z]+)*[\"']$|^[\"'][a-z]+([A-Z][a-z]+)+[\"']$|^[\"'][A-Z]+(_[A-Z]+)*[\"']$"
        )
    ),
)

RULE = Rule(
    id="javascript-hardcoded-secret",
    languages=JAVASCRIPT,
    cwe=798,
    severity=Severity.MEDIUM,
    message="A password or key is written in the code",
    help="Read it from the environment or a secret store, and replace it: it is known now",
    words=("assword", "ASSWORD", "ecret", "ECRET", "KEY", "Key", "key", "asswd", "token", "TOKEN", "Token"),
    rule=either(
        every(kind("variable_declarator"), has(text(_NAME), "name"), has(_VALUE, "value")),
        every(kind("assignment_expression"), has(text(_NAME), "left"), has(_VALUE, "right")),
        every(kind("pair"), has(text(_NAME.replace("^(", "^[\"']?(", 1)), "key"), has(_VALUE, "value")),
        CALLS.to(r"^(jwt|jsonwebtoken)\.(sign|verify)$", has(nth(2, every(kind("string"), text(r"^.{4,}$"))))),
    ),
    hits=(
        'const apiKey = "not-a-real-key-0123456789";',
        'const pool = new Pool({ user: "shop", password: "not-a-real-pass-42" });',
        'const token = jwt.sign({ id }, "not-a-real-secret");',
    ),
    misses=(
        "const apiKey = process.env.API_KEY;",
        'const labels = { password: "Choose a password" };',
        'const apiKey = "";',
        'const passwordField = "newPassword";',
    ),
)
