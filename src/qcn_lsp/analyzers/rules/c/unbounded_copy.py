"""Text is copied without a limit."""

from qcn_lsp.analyzers.patterns import either, every, has, kind, no, nth, text
from qcn_lsp.analyzers.rule import C, Rule
from qcn_lsp.analyzers.rules.c._flow import CALLS
from qcn_lsp.core.severity import Severity

_TEXT = no(kind("string_literal", "number_literal", "concatenated_string"))

RULE = Rule(
    id="c-unbounded-copy",
    languages=C,
    cwe=120,
    severity=Severity.HIGH,
    message="Text is copied without a limit",
    help="Use snprintf or a copy that knows the size of its target",
    words=("strcpy", "strcat", "sprintf", "stpcpy"),
    rule=either(
        CALLS.to(
            r"^(std::)?(strcpy|strcat|stpcpy|wcscpy|wcscat|lstrcpy)$",
            has(nth(2, every(_TEXT, no(text(r"^[A-Z][A-Z0-9_]*$"))))),
        ),
        CALLS.to(r"^(std::)?v?sprintf$", has(nth(2, every(kind("string_literal"), text(r"%-?\d*s"))))),
    ),
    hits=(
        """\
void greet(char *name) {
    char text[32];
    strcpy(text, name);
}""",
        """\
void greet(char *name) {
    char text[32];
    sprintf(text, "Hello %s", name);
}""",
    ),
    misses=(
        """\
void greet(char *name) {
    char text[32];
    snprintf(text, sizeof text, "Hello %s", name);
}""",
        """\
void greet(void) {
    char text[32];
    strcpy(text, "Hello");
}""",
        """\
void count(int number) {
    char text[32];
    sprintf(text, "%d", number);
}""",
    ),
)
