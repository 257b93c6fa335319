"""A shell runs a command that is not constant."""

from qcn_lsp.analyzers.patterns import every, has, kind, no, nth, text
from qcn_lsp.analyzers.rule import C, Rule
from qcn_lsp.analyzers.rules.c._flow import CALLS
from qcn_lsp.core.severity import Severity

RULE = Rule(
    id="c-command-injection",
    languages=C,
    cwe=78,
    severity=Severity.CRITICAL,
    message="A shell runs a command that is not constant",
    help="Use execv or posix_spawn with a list of arguments",
    words=("system", "popen"),
    rule=CALLS.to(
        r"^(std::)?(system|popen)$",
        has(
            nth(
                1,
                every(
                    no(kind("string_literal", "concatenated_string", "null", "number_literal")),
                    no(text(r"^[A-Z][A-Z0-9_]*$")),
                ),
            )
        ),
    ),
    hits=(
        """\
void convert(char *command) {
    system(command);
}""",
        """\
FILE *list(struct job *job) {
    return popen(job->command, "r");
}""",
    ),
    misses=(
        """\
void flush(void) {
    system("sync");
}""",
        """\
int has_shell(void) {
    return system(NULL);
}""",
        """\
void convert(char **arguments) {
    execv("/usr/bin/convert", arguments);
}""",
    ),
)
