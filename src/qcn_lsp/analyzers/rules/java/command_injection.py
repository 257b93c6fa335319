"""A command is put together from text."""

from qcn_lsp.analyzers.patterns import contains, either, every, has, kind, nth, text
from qcn_lsp.analyzers.rule import JAVA, Rule
from qcn_lsp.analyzers.rules.java._flow import CALLS, FLOW, NEWS, REQUEST
from qcn_lsp.core.severity import Severity

_BUILT = either(
    every(kind("binary_expression"), contains(kind("identifier"))),
    every(kind("method_invocation"), text(r"^String\.format\(")),
)
_COMMAND = either(_BUILT, FLOW.assigned(_BUILT), FLOW.tainted(REQUEST))

RULE = Rule(
    id="java-command-injection",
    languages=JAVA,
    cwe=78,
    severity=Severity.CRITICAL,
    message="A command is put together from text",
    help="Use ProcessBuilder with a list of arguments and no shell",
    words=("exec", "ProcessBuilder"),
    rule=either(
        every(CALLS.to(r"^exec$", has(nth(1, _COMMAND))), has(text(r"(?i)runtime"), "object")),
        NEWS.to(r"^ProcessBuilder$", has(text(r"^\"(/bin/)?(ba)?sh\"$|^\"cmd(\.exe)?\"$")), has(_COMMAND)),
    ),
    hits=(
        """\
class Images {
    void convert(String name) throws IOException {
        Runtime.getRuntime().exec("convert " + name + " out.png");
    }
}""",
        """\
class Images {
    void convert(String name) throws IOException {
        new ProcessBuilder("sh", "-c", "convert " + name).start();
    }
}""",
    ),
    misses=(
        """\
class Images {
    void convert(String name) throws IOException {
        new ProcessBuilder("convert", name, "out.png").start();
    }
}""",
        """\
class Images {
    void sync() throws IOException {
        Runtime.getRuntime().exec("sync");
    }
}""",
        """\
class Images {
    void later(Executor executor, String name) {
        executor.exec("convert " + name);
    }
}""",
    ),
)
