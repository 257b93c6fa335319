"""The length of a copy is taken from its source, not from its target."""

from qcn_lsp.analyzers.patterns import contains, covers, every, has, inside, kind, no, nth, pattern, text
from qcn_lsp.analyzers.rule import C, Rule
from qcn_lsp.analyzers.rules.c._flow import CALLS
from qcn_lsp.core.severity import Severity

_SOURCE = every(kind("identifier"), pattern("$SOURCE"))
_LENGTH = CALLS.to(r"^strlen$", has(nth(1, pattern("$SOURCE"))))

RULE = Rule(
    id="c-size-of-source",
    languages=C,
    cwe=806,
    severity=Severity.HIGH,
    message="The length of a copy is taken from its source, not from its target",
    help="Compare the length with the target's size first",
    words=("memcpy", "strncpy", "strncat", "memmove"),
    rule=every(
        CALLS.to(
            r"^(std::)?(memcpy|memmove|strncpy|strncat|bcopy)$", has(nth(2, _SOURCE)), has(nth(3, covers(_LENGTH)))
        ),
        no(
            inside(
                every(
                    kind("function_definition"),
                    contains(
                        every(kind("call_expression"), text(r"^(malloc|calloc|realloc|xmalloc|g_malloc)\(.*strlen"))
                    ),
                )
            )
        ),
        no(
            inside(
                every(
                    kind("function_definition"),
                    contains(every(kind("if_statement"), has(text(r"strlen|sizeof"), "condition"))),
                )
            )
        ),
    ),
    hits=(
        """\
void keep(char *name) {
    char text[32];
    memcpy(text, name, strlen(name) + 1);
}""",
        """\
void keep(char *name) {
    char text[32];
    strncpy(text, name, strlen(name));
}""",
    ),
    misses=(
        """\
void keep(char *name) {
    char text[32];
    strncpy(text, name, sizeof text - 1);
}""",
        """\
char *copy(char *name) {
    char *text = malloc(strlen(name) + 1);
    memcpy(text, name, strlen(name) + 1);
    return text;
}""",
        """\
void keep(char *name) {
    char text[32];
    if (strlen(name) < sizeof text) memcpy(text, name, strlen(name) + 1);
}""",
    ),
)
