"""A template is built from text that is not constant."""

from qcn_lsp.analyzers.patterns import contains, either, every, has, kind, nth, text
from qcn_lsp.analyzers.rule import PYTHON, Rule
from qcn_lsp.analyzers.rules.python._flow import CALLS, FLOW, REQUEST
from qcn_lsp.core.severity import Severity

_BUILT = either(
    every(kind("string"), has(kind("interpolation"))),
    every(kind("binary_operator"), contains(kind("identifier"))),
    every(kind("call"), has(text(r"\.format$"), "function")),
    FLOW.tainted(REQUEST),
    FLOW.assigned(
        either(
            every(kind("string"), has(kind("interpolation"))),
            every(kind("binary_operator"), contains(kind("identifier"))),
        ),
    ),
)

RULE = Rule(
    id="python-template-injection",
    languages=PYTHON,
    cwe=1336,
    severity=Severity.CRITICAL,
    message="A template is built from text that is not constant",
    help="Keep templates in files and pass values as variables",
    words=("render_template_string", "Template(", "from_string"),
    rule=CALLS.to(
        r"^(flask\.)?render_template_string$|^(jinja2\.|mako\.template\.)Template$|\.from_string$", has(nth(1, _BUILT))
    ),
    hits=(
        """\
def page(name):
    return render_template_string("<p>" + name + "</p>")""",
        """\
def page():
    body = f"<p>{request.args['name']}</p>"
    return render_template_string(body)""",
        """\
def page():
    return jinja2.Template(request.form["template"]).render()""",
    ),
    misses=(
        """\
def page(name):
    return render_template_string("<p>{{ name }}</p>", name=name)""",
        """\
def page():
    return render_template_string(PAGE, name=request.args["name"])""",
        """\
def page(name):
    return env.get_template("page.html").render(name=name)""",
    ),
)
