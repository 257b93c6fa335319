"""The format is not constant."""

from qcn_lsp.analyzers.patterns import either, every, has, kind, no, nth, text
from qcn_lsp.analyzers.rule import C, Rule
from qcn_lsp.analyzers.rules.c._flow import CALLS
from qcn_lsp.core.severity import Severity

_VARIABLE = every(
    kind("identifier", "subscript_expression", "field_expression", "pointer_expression"),
    no(text(r"^[A-Z][A-Z0-9_]*$|(?i)(^|_)(fmt|format)$")),
)

RULE = Rule(
    id="c-format-string",
    languages=C,
    cwe=134,
    severity=Severity.HIGH,
    message="The format is not constant",
    help='Pass the text as an argument: printf("%s", text)',
    words=("printf", "syslog"),
    rule=either(
        CALLS.to(r"^(std::)?printf$", has(nth(1, _VARIABLE))),
        CALLS.to(r"^(std::)?(fprintf|sprintf|syslog|dprintf)$", has(nth(2, _VARIABLE))),
        CALLS.to(r"^(std::)?snprintf$", has(nth(3, _VARIABLE))),
    ),
    hits=(
        """\
void show(char *name) {
    printf(name);
}""",
        """\
void show(char **arguments) {
    fprintf(stderr, arguments[1]);
}""",
    ),
    misses=(
        """\
void show(char *name) {
    printf("%s", name);
}""",
        """\
void show(char *name) {
    fprintf(stderr, "%s\\n", name);
}""",
        """\
void show(char *name) {
    puts(name);
}""",
    ),
)
