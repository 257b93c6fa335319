"""The target of a redirect comes from the request."""

from qcn_lsp.analyzers.patterns import either, every, has, kind, no, nth, text
from qcn_lsp.analyzers.rule import RUBY, Rule
from qcn_lsp.analyzers.rules.ruby._flow import CALLS, FLOW, REQUEST
from qcn_lsp.core.severity import Severity

RULE = Rule(
    id="ruby-open-redirect",
    languages=RUBY,
    cwe=601,
    severity=Severity.MEDIUM,
    message="The target of a redirect comes from the request",
    help="Redirect to a path helper, or check that the URL is relative to this site",
    words=("redirect_to", "redirect"),
    rule=CALLS.to(
        r"^redirect(_to)?$",
        has(
            nth(
                1,
                every(
                    FLOW.tainted(REQUEST, r"_path|_url\b|safe|allowed|only_path: true"),
                    either(
                        kind("element_reference", "identifier"),
                        every(kind("binary"), text(r"\|\|")),
                        every(kind("call"), text(r"^(params|request)")),
                    ),
                ),
            )
        ),
        no(text(r"allow_other_host: false")),
    ),
    hits=(
        """\
def out
  redirect_to params[:next]
end""",
        """\
def out
  target = params[:next]
  redirect_to(target)
end""",
    ),
    misses=(
        """\
def out
  redirect_to orders_path(page: params[:page])
end""",
        """\
def out
  redirect_to "/home"
end""",
        """\
def out
  redirect_to order
end""",
    ),
)
