"""Loading this data may run code in it."""

from qcn_lsp.analyzers.patterns import either, every, has, kind, no, nth, text
from qcn_lsp.analyzers.rule import RUBY, Rule
from qcn_lsp.analyzers.rules.ruby._flow import CALLS
from qcn_lsp.core.severity import Severity

RULE = Rule(
    id="ruby-deserialization",
    languages=RUBY,
    cwe=502,
    severity=Severity.HIGH,
    message="Loading this data may run code in it",
    help="Use YAML.safe_load or JSON",
    words=("Marshal", "YAML", "Psych", "Oj"),
    rule=either(
        every(
            CALLS.to(r"^(load|restore)$", has(nth(1, no(kind("string"))))),
            has(text(r"^Marshal$"), "receiver"),
            no(text(r"Marshal\.dump")),
        ),
        every(
            CALLS.to(
                r"^(load|unsafe_load)$",
                has(nth(1, no(kind("string")))),
                no(text(r"permitted_classes|File\.read|__dir__")),
            ),
            has(text(r"^(YAML|Psych)$"), "receiver"),
        ),
    ),
    hits=(
        """\
def load(data)
  Marshal.load(data)
end""",
        """\
def load
  YAML.load(params[:settings])
end""",
    ),
    misses=(
        """\
def load(data)
  YAML.safe_load(data)
end""",
        """\
def copy(cart)
  Marshal.load(Marshal.dump(cart))
end""",
        """\
def load(data)
  JSON.load(data)
end""",
    ),
)
