"""A secret is made of random numbers that can be predicted."""

from qcn_lsp.analyzers.patterns import either, every, has, inside, kind, text
from qcn_lsp.analyzers.rule import C, Rule
from qcn_lsp.analyzers.rules.c._flow import CALLS
from qcn_lsp.core.severity import Severity

_PURPOSE = r"(?i)(token|secret|password|passwd|otp|nonce|salt|session|key|csrf)"

RULE = Rule(
    id="c-predictable-token",
    languages=C,
    cwe=338,
    severity=Severity.MEDIUM,
    message="A secret is made of random numbers that can be predicted",
    help="Use getrandom or arc4random_buf",
    words=("rand", "random"),
    rule=every(
        CALLS.to(r"^(std::)?(rand|random|rand_r|lrand48|drand48)$"),
        either(
            inside(every(kind("function_definition"), has(text(_PURPOSE), "declarator"))),
            inside(every(kind("init_declarator"), has(text(_PURPOSE), "declarator"))),
            inside(every(kind("assignment_expression"), has(text(_PURPOSE), "left"))),
        ),
    ),
    hits=(
        """\
int make_token(void) {
    return rand();
}""",
        """\
void login(void) {
    long session_id = random();
    store(session_id);
}""",
    ),
    misses=(
        """\
int roll(void) {
    return rand() % 6 + 1;
}""",
        """\
int make_token(void) {
    return secure_random();
}""",
        """\
void seed(void) {
    srand(1);
}""",
    ),
)
