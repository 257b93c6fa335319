"""A key that a caller chooses is assigned deep in an object, __proto__ included."""

from qcn_lsp.analyzers.patterns import contains, covers, either, every, has, inside, kind, no, nth, pattern, text
from qcn_lsp.analyzers.rule import JAVASCRIPT, Rule
from qcn_lsp.analyzers.rules.javascript._flow import CALLS, FLOW, REQUEST
from qcn_lsp.core.severity import Severity

_GUARD = r"__proto__|hasOwn|Object\.create\(null\)|new Map\("

RULE = Rule(
    id="javascript-prototype-pollution",
    languages=JAVASCRIPT,
    cwe=1321,
    severity=Severity.HIGH,
    message="A key that a caller chooses is assigned deep in an object, __proto__ included",
    help="Skip __proto__, constructor and prototype, or use a Map",
    words=("merge", "Merge", "extend", "deep", "Deep", "clone", "lodash", "_.set"),
    rule=either(
        every(
            kind("assignment_expression"),
            has(every(kind("subscript_expression"), has(every(kind("identifier"), pattern("$KEY")), "index")), "left"),
            has(
                every(
                    either(kind("call_expression"), kind("subscript_expression")),
                    contains(every(kind("subscript_expression"), has(pattern("$KEY"), "index"))),
                ),
                "right",
            ),
            inside(every(kind("for_in_statement"), has(covers(pattern("$KEY")), "left"))),
            inside(
                every(
                    kind("function_declaration", "arrow_function", "function_expression", "method_definition"),
                    text(r"(?i)merge|extend|deep"),
                    no(text(_GUARD)),
                )
            ),
            has(every(kind("call_expression"), has(text(r"(?i)merge|extend|deep|clone"), "function")), "right"),
        ),
        CALLS.to(
            r"^(_|lodash)\.(merge|mergeWith|defaultsDeep|set)$|^(merge|deepmerge|deepMerge|extend)$",
            has(nth(2, FLOW.tainted(REQUEST, r"pick\(|parse\(|validate"))),
        ),
    ),
    hits=(
        """\
function merge(target, source) {
  for (const key in source) {
    if (typeof source[key] === "object") {
      target[key] = merge(target[key] || {}, source[key]);
    } else {
      target[key] = source[key];
    }
  }
  return target;
}""",
        """\
app.post("/settings", (req, res) => {
  _.merge(settings, req.body);
});""",
    ),
    misses=(
        """\
function merge(target, source) {
  for (const key in source) {
    if (key === "__proto__" || key === "constructor") continue;
    target[key] = merge(target[key] || {}, source[key]);
  }
  return target;
}""",
        """\
function copy(target, source) {
  for (const key of ["name", "color"]) {
    target[key] = source[key];
  }
}""",
        """\
app.post("/settings", (req, res) => {
  settings.color = req.body.color;
});""",
    ),
)
