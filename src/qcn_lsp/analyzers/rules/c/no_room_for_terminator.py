"""The allocation leaves no room for the terminating zero."""

from qcn_lsp.analyzers.patterns import every, has, kind, nth, text
from qcn_lsp.analyzers.rule import C, Rule
from qcn_lsp.analyzers.rules.c._flow import CALLS
from qcn_lsp.core.severity import Severity

RULE = Rule(
    id="c-no-room-for-terminator",
    languages=C,
    cwe=131,
    severity=Severity.HIGH,
    message="The allocation leaves no room for the terminating zero",
    help="Add one: malloc(strlen(text) + 1)",
    words=("strlen",),
    rule=CALLS.to(
        r"^(std::)?(malloc|alloca|xmalloc|g_malloc)$",
        has(nth(1, every(kind("call_expression"), text(r"^strlen\([^()]*\)$")))),
    ),
    hits=(
        """\
char *copy(char *name) {
    char *text = malloc(strlen(name));
    return text;
}""",
        """\
char *room(struct user *user) {
    return (char *)malloc(strlen(user->name));
}""",
    ),
    misses=(
        """\
char *copy(char *name) {
    return malloc(strlen(name) + 1);
}""",
        """\
char *copy(size_t length) {
    return malloc(length);
}""",
        """\
char *copy(char *name) {
    return strdup(name);
}""",
    ),
)
