"""Text that may hold markup is put into the page without escaping."""

from qcn_lsp.analyzers.patterns import contains, either, every, has, kind, no, nth, text
from qcn_lsp.analyzers.rule import RUBY, Rule
from qcn_lsp.analyzers.rules.ruby._flow import CALLS, FLOW, REQUEST
from qcn_lsp.core.severity import Severity

RULE = Rule(
    id="ruby-xss",
    languages=RUBY,
    cwe=79,
    severity=Severity.HIGH,
    message="Text that may hold markup is put into the page without escaping",
    help="Let the template escape it, or use sanitize",
    words=("html_safe", "raw", "render"),
    rule=either(
        every(
            CALLS.to(r"^html_safe$"),
            has(
                either(
                    every(kind("string"), contains(kind("interpolation"))),
                    every(kind("binary"), contains(kind("identifier"))),
                    FLOW.tainted(REQUEST),
                ),
                "receiver",
            ),
            no(text(r"sanitize|escape|h\(")),
        ),
        CALLS.to(
            r"^raw$",
            has(nth(1, either(FLOW.tainted(REQUEST), every(kind("string"), contains(kind("interpolation")))))),
            no(text(r"sanitize|escape")),
        ),
        CALLS.to(
            r"^render$",
            has(
                every(
                    kind("pair"),
                    has(text(r"^(inline|html):?$"), "key"),
                    has(either(FLOW.tainted(REQUEST), every(kind("string"), contains(kind("interpolation")))), "value"),
                )
            ),
        ),
    ),
    hits=(
        """\
def greet(user)
  "<b>Hello #{user.name}</b>".html_safe
end""",
        """\
def note
  raw(params[:note])
end""",
    ),
    misses=(
        """\
def greet(user)
  tag.b("Hello #{user.name}")
end""",
        """\
def rule
  "<hr>".html_safe
end""",
        """\
def note
  sanitize(params[:note])
end""",
    ),
)
