"""A path is built from request data."""

from qcn_lsp.analyzers.patterns import either, has, nth
from qcn_lsp.analyzers.rule import GO, Rule
from qcn_lsp.analyzers.rules.go._flow import CALLS, FLOW, REQUEST
from qcn_lsp.core.severity import Severity

RULE = Rule(
    id="go-path-traversal",
    languages=GO,
    cwe=22,
    severity=Severity.HIGH,
    message="A path is built from request data",
    help="Keep only filepath.Base, or open it below an os.Root",
    words=("os.", "ioutil.", "http.ServeFile", "File("),
    rule=either(
        CALLS.to(
            r"^os\.(Open|OpenFile|Create|ReadFile|WriteFile|Remove|RemoveAll|ReadDir|Mkdir|MkdirAll)$|^ioutil\.(ReadFile|WriteFile|ReadDir)$|^c\.(File|Attachment)$",
            has(nth(1, FLOW.tainted(REQUEST, r"filepath\.(Base|Rel|IsLocal)|path\.Base|strconv\.|HasPrefix"))),
        ),
        CALLS.to(
            r"^http\.ServeFile$",
            has(nth(3, FLOW.tainted(REQUEST, r"filepath\.(Base|Rel|IsLocal)|path\.Base|strconv\."))),
        ),
    ),
    hits=(
        """\
package shop

func show(w http.ResponseWriter, r *http.Request) {
	data, _ := os.ReadFile("./docs/" + r.FormValue("name"))
	w.Write(data)
}""",
        """\
package shop

func show(w http.ResponseWriter, r *http.Request) {
	name := filepath.Join(root, r.URL.Query().Get("name"))
	http.ServeFile(w, r, name)
}""",
    ),
    misses=(
        """\
package shop

func show(w http.ResponseWriter, r *http.Request) {
	name := filepath.Join(root, filepath.Base(r.FormValue("name")))
	http.ServeFile(w, r, name)
}""",
        """\
package shop

func load() ([]byte, error) {
	return os.ReadFile("config.json")
}""",
        """\
package shop

func load(name string) ([]byte, error) {
	return os.ReadFile(name)
}""",
    ),
)
