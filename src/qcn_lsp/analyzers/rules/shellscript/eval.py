"""Text is run as a command."""

from qcn_lsp.analyzers.patterns import every, has, kind, no, text
from qcn_lsp.analyzers.rule import SHELL, Rule
from qcn_lsp.core.severity import Severity

RULE = Rule(
    id="shellscript-eval",
    languages=SHELL,
    cwe=78,
    severity=Severity.HIGH,
    message="Text is run as a command",
    help='Keep arguments in an array and run "${command[@]}"',
    words=("eval",),
    rule=every(
        kind("command"),
        has(text(r"^eval$"), "name"),
        has(
            every(
                kind("string", "simple_expansion", "expansion", "concatenation"),
                text(r"\$(\{?[1-9@*]|\{?\w+)"),
                no(text(r"\$\(")),
            )
        ),
    ),
    hits=(
        'eval "$1"',
        """\
run() {
    eval convert $file out.png
}""",
    ),
    misses=(
        'eval "$(ssh-agent -s)"',
        """\
run() {
    "${command[@]}"
}""",
        'evaluate "$1"',
    ),
)
