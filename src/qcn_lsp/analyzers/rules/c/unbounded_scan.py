"""The input is read without a limit."""

from qcn_lsp.analyzers.patterns import every, has, kind, text
from qcn_lsp.analyzers.rule import C, Rule
from qcn_lsp.analyzers.rules.c._flow import CALLS
from qcn_lsp.core.severity import Severity

RULE = Rule(
    id="c-unbounded-scan",
    languages=C,
    cwe=120,
    severity=Severity.HIGH,
    message="The input is read without a limit",
    help="Give the conversion a width: %79s",
    words=("scanf",),
    rule=CALLS.to(r"^(std::)?(f|s|v)?scanf$", has(every(kind("string_literal"), text(r"%(l?s|\[)")))),
    hits=(
        """\
void read(void) {
    char word[80];
    scanf("%s", word);
}""",
        """\
void parse(const char *line) {
    char key[8], value[8];
    sscanf(line, "%7s %s", key, value);
}""",
    ),
    misses=(
        """\
void read(void) {
    char word[80];
    scanf("%79s", word);
}""",
        """\
void read(void) {
    int number;
    scanf("%d", &number);
}""",
        """\
void show(char *word) {
    printf("%s", word);
}""",
    ),
)
