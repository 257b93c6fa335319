"""The request chooses what code is run."""

from qcn_lsp.analyzers.patterns import contains, either, every, has, kind, nth
from qcn_lsp.analyzers.rule import RUBY, Rule
from qcn_lsp.analyzers.rules.ruby._flow import CALLS, FLOW, REQUEST
from qcn_lsp.core.severity import Severity

RULE = Rule(
    id="ruby-code-injection",
    languages=RUBY,
    cwe=95,
    severity=Severity.CRITICAL,
    message="The request chooses what code is run",
    help="Dispatch on known names instead",
    words=("eval", "send", "constantize"),
    rule=either(
        CALLS.to(
            r"^(eval|instance_eval|class_eval|module_eval)$",
            has(nth(1, either(FLOW.tainted(REQUEST), every(kind("string"), contains(kind("interpolation")))))),
        ),
        CALLS.to(
            r"^(send|public_send|__send__|const_get)$", has(nth(1, FLOW.tainted(REQUEST, r"permit|slice|include\?")))
        ),
        every(CALLS.to(r"^(constantize|safe_constantize)$"), has(FLOW.tainted(REQUEST), "receiver")),
    ),
    hits=(
        """\
def run
  eval(params[:formula])
end""",
        """\
def make
  params[:type].constantize.new
end""",
    ),
    misses=(
        """\
def run(order)
  order.send(:total)
end""",
        """\
def make
  "Order".constantize.new
end""",
        """\
def run
  instance_eval { total }
end""",
    ),
)
