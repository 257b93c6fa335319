"""A password or key is written in the code."""

from qcn_lsp.analyzers.patterns import covers, either, every, has, kind, no, nth, text
from qcn_lsp.analyzers.rule import GO, Rule
from qcn_lsp.core.severity import Severity

_NAME = r"(?i)^(\w+\.)*\w*(password|passwd|secret|api_?key|access_?key|private_?key|auth_?token|access_?token|signing_?key|jwt_?key)$"
_VALUE = every(
    covers(kind("interpreted_string_literal")),
    text(r"^(\[\]byte\()?\"[^\s<>{}$\"]{8,}\"\)?$"),
    no(
        text(
            r"(?i)example|change.?me|placeholder|xxxx|\*\*\*|\"(https?:|/|\.)|\"[a-z]+([._-][a-z]+)*\"|\"[a-z]+([A-Z][a-z]+)+\"|\"[A-Z]+(_[A-Z]+)*\""
        )
    ),
)

RULE = Rule(
    id="go-hardcoded-secret",
    languages=GO,
    cwe=798,
    severity=Severity.MEDIUM,
    message="A password or key is written in the code",
    help="Read it from the environment or a secret store, and replace it: it is known now",
    words=("assword", "ecret", "Key", "Token", "PASSWORD", "SECRET", "KEY", "TOKEN"),
    rule=either(
        every(kind("const_spec", "var_spec"), has(text(_NAME), "name"), has(_VALUE, "value")),
        every(kind("short_var_declaration", "assignment_statement"), has(text(_NAME), "left"), has(_VALUE, "right")),
        every(kind("keyed_element"), has(nth(1, text(_NAME))), has(nth(2, _VALUE))),
    ),
    hits=(
        """\
package shop

const apiKey = "not-a-real-key-0123456789"
""",
        """\
package shop

var jwtSecret = []byte("not-a-real-secret-42")""",
    ),
    misses=(
        """\
package shop

var apiKey = os.Getenv("API_KEY")""",
        """\
package shop

const apiKey = ""
""",
        """\
package shop

const passwordField = "new-password"
""",
    ),
)
