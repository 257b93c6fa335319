"""Text that may hold markup is sent as HTML."""

from qcn_lsp.analyzers.patterns import either, has, kind, no, nth, text
from qcn_lsp.analyzers.rule import GO, Rule
from qcn_lsp.analyzers.rules.go._flow import CALLS, FLOW, REQUEST
from qcn_lsp.core.severity import Severity

RULE = Rule(
    id="go-unescaped-html",
    languages=GO,
    cwe=79,
    severity=Severity.HIGH,
    message="Text that may hold markup is sent as HTML",
    help="Render it with html/template, or escape it with html.EscapeString",
    words=("template.", "Fprint", "w.Write", "WriteString"),
    rule=either(
        CALLS.to(
            r"^template\.(HTML|JS|HTMLAttr|URL|CSS)$",
            has(no(kind("interpreted_string_literal", "raw_string_literal"))),
            has(kind("identifier", "selector_expression", "call_expression", "binary_expression", "index_expression")),
        ),
        CALLS.to(
            r"^fmt\.(Fprintf|Fprint|Fprintln)$",
            has(nth(1, text(r"^(w|rw|writer|c\.Writer)$"))),
            FLOW.tainted(REQUEST, r"EscapeString|HTMLEscape|QueryEscape|strconv\.|url\.PathEscape"),
        ),
        CALLS.to(
            r"^w\.Write$|^io\.WriteString$",
            FLOW.tainted(REQUEST, r"EscapeString|HTMLEscape|QueryEscape|strconv\.|os\.ReadFile|json\."),
        ),
    ),
    hits=(
        """\
package shop

func hello(w http.ResponseWriter, r *http.Request) {
	fmt.Fprintf(w, "<h1>Hello %s</h1>", r.FormValue("name"))
}""",
        """\
package shop

func comment(text string) template.HTML {
	return template.HTML(text)
}""",
    ),
    misses=(
        """\
package shop

func hello(w http.ResponseWriter, r *http.Request) {
	fmt.Fprintf(w, "<h1>Hello %s</h1>", html.EscapeString(r.FormValue("name")))
}""",
        """\
package shop

func rule() template.HTML {
	return template.HTML("<hr>")
}""",
        """\
package shop

func log(r *http.Request) {
	fmt.Fprintf(os.Stderr, "hello %s", r.FormValue("name"))
}""",
    ),
)
