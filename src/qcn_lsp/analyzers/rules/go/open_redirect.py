"""The target of a redirect comes from the request."""

from qcn_lsp.analyzers.patterns import either, has, nth
from qcn_lsp.analyzers.rule import GO, Rule
from qcn_lsp.analyzers.rules.go._flow import CALLS, FLOW, REQUEST
from qcn_lsp.core.severity import Severity

RULE = Rule(
    id="go-open-redirect",
    languages=GO,
    cwe=601,
    severity=Severity.MEDIUM,
    message="The target of a redirect comes from the request",
    help="Redirect to a name you look up, or check that the URL is relative to this site",
    words=("Redirect",),
    rule=either(
        CALLS.to(
            r"^http\.Redirect$",
            has(
                nth(3, FLOW.tainted(REQUEST, r"(?i)safe|allowed|valid|^\"/\w|URL\.(Path|RequestURI|Host)|EscapedPath"))
            ),
        ),
        CALLS.to(r"^(c|ctx)\.Redirect$", has(nth(2, FLOW.tainted(REQUEST, r"(?i)safe|allowed|valid|^\"/\w")))),
    ),
    hits=(
        """\
package shop

func out(w http.ResponseWriter, r *http.Request) {
	http.Redirect(w, r, r.FormValue("next"), http.StatusFound)
}""",
        """\
package shop

func out(w http.ResponseWriter, r *http.Request) {
	next := r.URL.Query().Get("next")
	http.Redirect(w, r, next, 302)
}""",
    ),
    misses=(
        """\
package shop

func out(w http.ResponseWriter, r *http.Request) {
	http.Redirect(w, r, "/home", http.StatusFound)
}""",
        """\
package shop

func out(w http.ResponseWriter, r *http.Request) {
	http.Redirect(w, r, "/orders/"+r.FormValue("id"), http.StatusFound)
}""",
        """\
package shop

func out(w http.ResponseWriter, r *http.Request) {
	next := safeTarget(r.FormValue("next"))
	http.Redirect(w, r, next, http.StatusFound)
}""",
    ),
)
