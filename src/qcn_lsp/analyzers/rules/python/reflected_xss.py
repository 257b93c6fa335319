"""Request data is put into HTML without escaping."""

from qcn_lsp.analyzers.patterns import contains, covers, either, every, has, kind, text
from qcn_lsp.analyzers.rule import PYTHON, Rule
from qcn_lsp.analyzers.rules.python._flow import CALLS, FLOW, REQUEST, REQUEST_VALUE
from qcn_lsp.core.severity import Severity

_HTML = either(
    every(
        kind("string"),
        text(r"^[rRbB]?[fF].*</?\w"),
        contains(every(kind("interpolation"), FLOW.tainted(REQUEST, r"escape|bleach|quote|\bint\(|\blen\("))),
    ),
    every(
        kind("binary_operator"),
        has(every(covers(kind("string")), text(r"</?\w")), "left"),
        FLOW.tainted(REQUEST, r"escape|bleach|quote|\bint\(|\blen\("),
    ),
    every(
        kind("call"),
        has(every(kind("attribute"), text(r"</?\w.*\.format$")), "function"),
        has(FLOW.tainted(REQUEST, r"escape|bleach|quote|\bint\(|\blen\("), "arguments"),
    ),
)

RULE = Rule(
    id="python-reflected-xss",
    languages=PYTHON,
    cwe=79,
    severity=Severity.HIGH,
    message="Request data is put into HTML without escaping",
    help="Render a template that escapes, or pass the value through markupsafe.escape",
    words=("request", "route(", "router.", "app.", "get_argument"),
    rule=either(
        every(kind("return_statement"), has(either(_HTML, every(kind("tuple", "expression_list"), has(_HTML))))),
        CALLS.to(r"^(flask\.)?(make_response|Response|HttpResponse|HTMLResponse|Markup|self\.write)$", has(_HTML)),
        CALLS.to(r"^(HttpResponse|HTMLResponse|self\.write)$", {"has": {"all": [{"nthChild": 1}, REQUEST_VALUE]}}),
    ),
    hits=(
        """\
@app.route("/hello")
def hello():
    name = request.args.get("name", "")
    return f"<h1>Hello {name}</h1>"
""",
        """\
def search(request):
    return HttpResponse("<p>Nothing found for " + request.GET["q"] + "</p>")""",
        """\
class Echo(RequestHandler):
    def get(self):
        self.write(self.get_argument("text"))""",
    ),
    misses=(
        """\
def hello():
    name = request.args.get("name", "")
    return f"<h1>Hello {escape(name)}</h1>"
""",
        """\
def hello():
    return render_template("hello.html", name=request.args["name"])""",
        """\
def hello():
    name = request.args["name"]
    return {"name": name}""",
        """\
def hello():
    count = len(request.args)
    return f"<p>{total}</p>"
""",
    ),
)
