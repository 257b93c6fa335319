"""A shell runs a command that is put together from text."""

from qcn_lsp.analyzers.patterns import contains, either, every, has, kind, nth, text
from qcn_lsp.analyzers.rule import GO, Rule
from qcn_lsp.analyzers.rules.go._flow import CALLS, FLOW, REQUEST
from qcn_lsp.core.severity import Severity

_BUILT = either(
    every(kind("binary_expression"), contains(kind("identifier"))),
    CALLS.to(r"^fmt\.Sprintf$"),
)
_COMMAND = either(_BUILT, FLOW.assigned(_BUILT), FLOW.tainted(REQUEST))

RULE = Rule(
    id="go-command-injection",
    languages=GO,
    cwe=78,
    severity=Severity.CRITICAL,
    message="A shell runs a command that is put together from text",
    help="Call the program itself with a list of arguments",
    words=("exec.Command", "exec.CommandContext"),
    rule=either(
        CALLS.to(
            r"^exec\.Command(Context)?$", has(text(r"^\"(/bin/)?(ba)?sh\"$")), has(text(r"^\"-\w*c\"$")), has(_COMMAND)
        ),
        CALLS.to(r"^exec\.Command$", has(nth(1, FLOW.tainted(REQUEST)))),
    ),
    hits=(
        """\
package shop

func convert(name string) error {
	return exec.Command("sh", "-c", "convert "+name+" out.png").Run()
}""",
        """\
package shop

func ping(w http.ResponseWriter, r *http.Request) {
	command := fmt.Sprintf("ping -c 1 %s", r.FormValue("host"))
	exec.CommandContext(ctx, "/bin/bash", "-c", command).Run()
}""",
    ),
    misses=(
        """\
package shop

func convert(name string) error {
	return exec.Command("convert", name, "out.png").Run()
}""",
        """\
package shop

func sync() error {
	return exec.Command("sh", "-c", "sync").Run()
}""",
        """\
package shop

func list(folder string) error {
	return exec.Command("ls", "-l", "./"+folder).Run()
}""",
    ),
)
