"""The server requests a URL that comes from the request."""

from qcn_lsp.analyzers.patterns import every, has, kind
from qcn_lsp.analyzers.rule import GO, Rule
from qcn_lsp.analyzers.rules.go._flow import CALLS, FLOW, REQUEST
from qcn_lsp.core.severity import Severity

RULE = Rule(
    id="go-ssrf",
    languages=GO,
    cwe=918,
    severity=Severity.HIGH,
    message="The server requests a URL that comes from the request",
    help="Look the address up in a list of allowed hosts",
    words=("http.", "client."),
    rule=CALLS.to(
        r"^(http|client|httpClient|c\.client|s\.client|h\.client)\.(Get|Post|Head|PostForm)$|^http\.NewRequest(WithContext)?$",
        has(
            every(
                kind("identifier", "call_expression", "binary_expression"),
                FLOW.tainted(REQUEST, r"(?i)allowed|QueryEscape|PathEscape|Body$|^\"https?://[\w.-]+/"),
            ),
            "",
        ),
    ),
    hits=(
        """\
package shop

func proxy(w http.ResponseWriter, r *http.Request) {
	answer, _ := http.Get(r.FormValue("url"))
	answer.Write(w)
}""",
        """\
package shop

func proxy(w http.ResponseWriter, r *http.Request) {
	target := r.URL.Query().Get("callback")
	client.Post(target, "application/json", nil)
}""",
    ),
    misses=(
        """\
package shop

func load() {
	http.Get("https://api.example.com/v1")
}""",
        """\
package shop

func proxy(w http.ResponseWriter, r *http.Request) {
	http.Get("https://api.example.com/items/" + r.FormValue("id"))
}""",
        """\
package shop

func load(item Item) {
	http.Get(item.URL)
}""",
    ),
)
