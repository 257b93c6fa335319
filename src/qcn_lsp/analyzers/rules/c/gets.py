"""gets cannot know the size of its target."""

from qcn_lsp.analyzers.rule import C, Rule
from qcn_lsp.analyzers.rules.c._flow import CALLS
from qcn_lsp.core.severity import Severity

RULE = Rule(
    id="c-gets",
    languages=C,
    cwe=242,
    severity=Severity.CRITICAL,
    message="gets cannot know the size of its target",
    help="Use fgets",
    words=("gets",),
    rule=CALLS.to(r"^(std::)?gets$"),
    hits=(
        """\
void read(void) {
    char line[80];
    gets(line);
}""",
        """\
int main(void) {
    char line[80];
    return gets(line) == NULL;
}""",
    ),
    misses=(
        """\
void read(void) {
    char line[80];
    fgets(line, sizeof line, stdin);
}""",
        """\
void read(struct reader *reader) {
    reader->gets(reader);
}""",
        """\
void read(void) {
    targets(3);
}""",
    ),
)
