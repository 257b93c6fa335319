"""A secret is made of random numbers that can be predicted."""

from qcn_lsp.analyzers.patterns import either, every, has, inside, kind, no, text
from qcn_lsp.analyzers.rule import JAVASCRIPT, Rule
from qcn_lsp.core.severity import Severity

_PURPOSE = (
    r"(?i)(token|secret|password|passwd|passcode|otp|nonce|salt|session_?id|api_?key|csrf|reset_?code|verification)"
)

RULE = Rule(
    id="javascript-predictable-token",
    languages=JAVASCRIPT,
    cwe=338,
    severity=Severity.MEDIUM,
    message="A secret is made of random numbers that can be predicted",
    help="Use crypto.randomBytes, crypto.randomUUID or crypto.getRandomValues",
    words=("Math.random",),
    rule=every(
        kind("call_expression"),
        text(r"^Math\.random\(\)$"),
        either(
            inside(
                every(
                    kind("variable_declarator"),
                    has(text(_PURPOSE), "name"),
                    no(has(kind("arrow_function", "function_expression"), "value")),
                )
            ),
            inside(every(kind("assignment_expression"), has(text(_PURPOSE), "left"))),
            inside(every(kind("pair"), has(text(_PURPOSE), "key"))),
            inside(every(kind("function_declaration", "method_definition"), has(text(_PURPOSE), "name"))),
            inside(
                every(kind("variable_declarator"), has(text(_PURPOSE), "name"), has(kind("arrow_function"), "value"))
            ),
        ),
    ),
    hits=(
        "const resetToken = Math.random().toString(36).slice(2);",
        """\
function makeSessionId() {
  return "s" + Math.floor(Math.random() * 1e9);
}""",
    ),
    misses=(
        "const delay = Math.random() * 1000;",
        'const resetToken = crypto.randomBytes(32).toString("hex");',
        """\
function shuffle(cards) {
  return cards.sort(() => Math.random() - 0.5);
}""",
    ),
)
