"""A shell runs a command that is put together from text."""

from qcn_lsp.analyzers.patterns import contains, either, every, has, kind, no, nth, text
from qcn_lsp.analyzers.rule import RUBY, Rule
from qcn_lsp.analyzers.rules.ruby._flow import CALLS, FLOW, REQUEST
from qcn_lsp.core.severity import Severity

_SAFE = r"Shellwords|shellescape"
_BUILT = either(
    every(kind("string"), contains(kind("interpolation")), no(text(_SAFE))),
    every(kind("binary"), contains(kind("identifier")), contains(kind("string")), no(text(_SAFE))),
    FLOW.tainted(REQUEST, _SAFE),
)

RULE = Rule(
    id="ruby-command-injection",
    languages=RUBY,
    cwe=78,
    severity=Severity.CRITICAL,
    message="A shell runs a command that is put together from text",
    help='Pass the arguments apart: system("convert", file)',
    words=("system", "exec", "`", "%x", "spawn", "popen", "capture"),
    rule=either(
        every(
            CALLS.to(
                r"^(system|exec|spawn|popen|capture2|capture2e|capture3)$",
                has(nth(1, _BUILT)),
                no(has({"nthChild": 2})),
            ),
            either(no(has(text(r"."), "receiver")), has(text(r"^(Kernel|IO|Open3|Process)$"), "receiver")),
        ),
        every(kind("subshell"), contains(kind("interpolation")), no(text(_SAFE))),
    ),
    hits=(
        """\
def convert(file)
  system("convert #{file} out.png")
end""",
        """\
def ping(host)
  `ping -c 1 #{host}`
end""",
    ),
    misses=(
        """\
def convert(file)
  system("convert", file, "out.png")
end""",
        """\
def ping(host)
  `ping -c 1 #{Shellwords.escape(host)}`
end""",
        """\
def sync
  system("sync")
end""",
    ),
)
