"""Request data is sent back as HTML without escaping."""

from qcn_lsp.analyzers.patterns import contains, either, every, has, kind, no, nth, text
from qcn_lsp.analyzers.rule import JAVASCRIPT, Rule
from qcn_lsp.analyzers.rules.javascript._flow import CALLS, FLOW, REQUEST
from qcn_lsp.core.severity import Severity

_SAFE = r"(?i)escape|sanitize|encodeURI|purify|Number\(|parseInt\(|JSON\.stringify"
_VALUE = FLOW.tainted(REQUEST, _SAFE)
_HTML = either(
    every(kind("template_string"), contains(every(kind("template_substitution"), _VALUE))),
    every(kind("binary_expression"), _VALUE),
    every(
        kind("identifier", "member_expression", "subscript_expression"),
        _VALUE,
        no(text(r"^(req|request|ctx)\.(body|query|params|file|files)$")),
    ),
)

RULE = Rule(
    id="javascript-reflected-xss",
    languages=JAVASCRIPT,
    cwe=79,
    severity=Severity.HIGH,
    message="Request data is sent back as HTML without escaping",
    help="Escape it, render a template that does, or answer with res.json",
    words=("res.", "response.", "reply.", "ctx.body"),
    rule=either(
        CALLS.to(r"^(res|response|reply)(\.(status|type|set)\(.*\))*\.(send|end|write)$", has(nth(1, _HTML))),
        every(kind("assignment_expression"), has(text(r"^ctx(\.response)?\.body$"), "left"), has(_HTML, "right")),
    ),
    hits=(
        """\
app.get("/hello", (req, res) => {
  res.send("<h1>Hello " + req.query.name + "</h1>");
});""",
        """\
app.get("/search", (req, res) => {
  const { q } = req.query;
  res.status(404).send(`Nothing found for ${q}`);
});""",
    ),
    misses=(
        """\
app.get("/hello", (req, res) => {
  res.send("<h1>Hello " + escapeHtml(req.query.name) + "</h1>");
});""",
        """\
app.get("/hello", (req, res) => {
  res.json({ name: req.query.name });
});""",
        """\
app.get("/hello", (req, res) => {
  res.render("hello", { name: req.query.name });
});""",
        """\
app.post("/n", (req, res) => {
  const count = items.length;
  res.send(`Stored ${count}`);
});""",
    ),
)
