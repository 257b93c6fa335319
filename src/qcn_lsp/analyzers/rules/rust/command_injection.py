"""A shell runs a command that is put together from text."""

from qcn_lsp.analyzers.patterns import contains, covers, either, every, has, kind, text
from qcn_lsp.analyzers.rule import RUST, Rule
from qcn_lsp.analyzers.rules.rust._flow import CALLS, FLOW
from qcn_lsp.core.severity import Severity

RULE = Rule(
    id="rust-command-injection",
    languages=RUST,
    cwe=78,
    severity=Severity.HIGH,
    message="A shell runs a command that is put together from text",
    help="Call the program itself and pass each argument with arg",
    words=("Command::new",),
    rule=every(
        CALLS.to(
            r"\.arg$",
            has(
                either(
                    every(kind("macro_invocation"), text(r"^format!")),
                    every(kind("reference_expression"), contains(every(kind("macro_invocation"), text(r"^format!")))),
                    FLOW.assigned(covers(every(kind("macro_invocation"), text(r"^format!")))),
                )
            ),
        ),
        has(text(r"(?s)Command::new\(\"(/bin/)?(ba)?sh\"\)\s*\.arg\(\"-\w*c\"\)"), "function"),
    ),
    hits=(
        """\
fn convert(name: &str) {
    Command::new("sh").arg("-c").arg(format!("convert {name} out.png")).status();
}""",
        """\
fn convert(name: &str) {
    let command = format!("convert {} out.png", name);
    Command::new("/bin/sh").arg("-c").arg(command).status();
}""",
    ),
    misses=(
        """\
fn convert(name: &str) {
    Command::new("convert").arg(format!("./{name}")).arg("out.png").status();
}""",
        """\
fn sync() {
    Command::new("sh").arg("-c").arg("sync").status();
}""",
        """\
fn convert(name: &str) {
    Command::new("convert").arg(name).status();
}""",
    ),
)
