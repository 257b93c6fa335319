"""Text that may hold markup becomes HTML of the page."""

from qcn_lsp.analyzers.patterns import contains, either, every, has, kind, no, nth, text
from qcn_lsp.analyzers.rule import JAVASCRIPT, Rule
from qcn_lsp.analyzers.rules.javascript._flow import BROWSER, CALLS, FLOW, REQUEST
from qcn_lsp.core.severity import Severity

_SAFE = r"(?i)sanitize|purify|escape|encodeURI|\bt\("
_BUILT = either(
    every(
        kind("template_string"),
        has(
            every(
                kind("template_substitution"), no(text(r"^\$\{\s*([A-Z][A-Z0-9_]*\s*\}|Number\(|[\w.]+\.length\s*\})"))
            )
        ),
    ),
    every(kind("binary_expression"), contains(kind("string")), contains(kind("identifier"))),
    kind("member_expression", "subscript_expression"),
    every(
        kind("identifier"),
        either(
            FLOW.tainted(either(REQUEST, BROWSER), _SAFE),
            FLOW.assigned(
                either(
                    every(kind("template_string"), has(kind("template_substitution"))),
                    every(kind("binary_expression"), contains(kind("string")), contains(kind("identifier"))),
                ),
                _SAFE,
            ),
        ),
    ),
    every(
        kind("call_expression", "await_expression", "ternary_expression", "parenthesized_expression"),
        FLOW.tainted(either(REQUEST, BROWSER)),
    ),
)
_MARKUP = every(_BUILT, no(text(_SAFE)), no(text(r"^[A-Z][A-Z0-9_.]*$|\.innerHTML$|trustedHTML")))

RULE = Rule(
    id="javascript-dom-xss",
    languages=JAVASCRIPT,
    cwe=79,
    severity=Severity.HIGH,
    message="Text that may hold markup becomes HTML of the page",
    help="Set textContent, or sanitize the markup first",
    words=("innerHTML", "outerHTML", "document.write", "insertAdjacentHTML", ".html(", ".append(", "srcdoc"),
    rule=either(
        every(
            kind("assignment_expression", "augmented_assignment_expression"),
            has(text(r"\.(innerHTML|outerHTML|srcdoc)$"), "left"),
            has(_MARKUP, "right"),
        ),
        CALLS.to(r"^document\.write(ln)?$", has(_MARKUP)),
        CALLS.to(r"\.insertAdjacentHTML$", has(nth(2, _MARKUP))),
        CALLS.to(
            r"^\$\(.*\)\.(html|append|prepend)$|^\$\w+\.(html|append|prepend)$",
            has(nth(1, every(kind("template_string", "binary_expression"), _MARKUP))),
        ),
    ),
    hits=(
        """\
function greet(user) {
  document.getElementById("hi").innerHTML = `<b>Hello ${user.name}</b>`;
}""",
        """\
const query = new URLSearchParams(location.search).get("q");
document.querySelector("#q").innerHTML = query;""",
        'document.write("<p>" + location.hash + "</p>");',
    ),
    misses=(
        """\
function greet(user) {
  document.getElementById("hi").textContent = `Hello ${user.name}`;
}""",
        """\
function greet(user) {
  document.getElementById("hi").innerHTML = DOMPurify.sanitize(user.bio);
}""",
        'list.innerHTML = "<li>none</li>";',
        'list.innerHTML = "";',
    ),
)
