"""The target of a redirect comes from the request."""

from qcn_lsp.analyzers.patterns import has, nth
from qcn_lsp.analyzers.rule import PYTHON, Rule
from qcn_lsp.analyzers.rules.python._flow import CALLS, FLOW, REQUEST
from qcn_lsp.core.severity import Severity

RULE = Rule(
    id="python-open-redirect",
    languages=PYTHON,
    cwe=601,
    severity=Severity.MEDIUM,
    message="The target of a redirect comes from the request",
    help="Redirect to a name you look up, or check that the URL is relative to this site",
    words=("redirect", "Redirect"),
    rule=CALLS.to(
        r"^(flask\.)?(redirect|HttpResponseRedirect|RedirectResponse|self\.redirect)$",
        has(nth(1, FLOW.tainted(REQUEST, r"url_for|is_safe|url_has_allowed|urlparse|reverse\(|[fF][\"']/\w"))),
    ),
    hits=(
        """\
def login():
    return redirect(request.args.get("next"))""",
        """\
def after(request):
    target = request.GET["next"]
    return HttpResponseRedirect(target)""",
    ),
    misses=(
        """\
def login():
    return redirect(url_for("index", tab=request.args["tab"]))""",
        """\
def login():
    return redirect("/account")""",
        """\
def login():
    target = request.args.get("next")
    log(target)
    return redirect(HOME)""",
        """\
def after():
    return redirect(f"/orders/{request.form['order']}")""",
    ),
)
