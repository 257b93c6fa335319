"""Text is run as code."""

from qcn_lsp.analyzers.patterns import contains, either, every, has, kind, no, nth
from qcn_lsp.analyzers.rule import JAVASCRIPT, Rule
from qcn_lsp.analyzers.rules.javascript._flow import CALLS, NEWS
from qcn_lsp.core.severity import Severity

_TEXT = either(
    every(kind("template_string"), has(kind("template_substitution"))),
    every(kind("binary_expression"), contains(kind("string"))),
)

RULE = Rule(
    id="javascript-code-injection",
    languages=JAVASCRIPT,
    cwe=95,
    severity=Severity.CRITICAL,
    message="Text is run as code",
    help="Use JSON.parse, or dispatch on known names",
    words=("eval", "Function", "setTimeout", "setInterval", "runIn"),
    rule=either(
        CALLS.to(r"^((window|global|globalThis)\.)?eval$", has(nth(1, no(kind("string"))))),
        NEWS.to(r"^Function$", has(every(no(kind("string")), contains(kind("identifier"))))),
        NEWS.to(r"^Function$", has(kind("identifier", "member_expression"))),
        CALLS.to(r"^(window\.)?(setTimeout|setInterval)$", has(nth(1, _TEXT))),
        CALLS.to(r"^vm\.(runInContext|runInNewContext|runInThisContext)$", has(nth(1, no(kind("string"))))),
    ),
    hits=(
        """\
function calculate(req, res) {
  res.json({ value: eval(req.body.formula) });
}""",
        'const compile = (body) => new Function("x", body);',
        'setTimeout("refresh(\'" + id + "\')", 1000);',
    ),
    misses=(
        'const version = eval("1 + 1");',
        "setTimeout(() => refresh(id), 1000);",
        "const compile = (body) => new Parser(body);",
        "evaluate(body);",
    ),
)
