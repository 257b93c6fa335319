"""The temporary name leaves time for another process to take it."""

from qcn_lsp.analyzers.rule import C, Rule
from qcn_lsp.analyzers.rules.c._flow import CALLS
from qcn_lsp.core.severity import Severity

RULE = Rule(
    id="c-temporary-name",
    languages=C,
    cwe=377,
    severity=Severity.MEDIUM,
    message="The temporary name leaves time for another process to take it",
    help="Use mkstemp",
    words=("mktemp", "tmpnam", "tempnam"),
    rule=CALLS.to(r"^(std::)?(mktemp|tmpnam|tempnam|tmpnam_r)$"),
    hits=(
        """\
char *name(char *pattern) {
    return mktemp(pattern);
}""",
        """\
FILE *scratch(void) {
    return fopen(tmpnam(NULL), "w");
}""",
    ),
    misses=(
        """\
int scratch(char *pattern) {
    return mkstemp(pattern);
}""",
        """\
FILE *scratch(void) {
    return tmpfile();
}""",
        """\
char *name(char *pattern) {
    return my_mktemp(pattern);
}""",
    ),
)
