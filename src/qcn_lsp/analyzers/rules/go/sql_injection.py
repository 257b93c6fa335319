"""SQL is put together from text."""

from qcn_lsp.analyzers.patterns import covers, either, every, has, kind, no, nth, text
from qcn_lsp.analyzers.rule import GO, Rule
from qcn_lsp.analyzers.rules.go._flow import CALLS, SQL
from qcn_lsp.core.severity import Severity

RULE = Rule(
    id="go-sql-injection",
    languages=GO,
    cwe=89,
    severity=Severity.HIGH,
    message="SQL is put together from text",
    help="Pass values as arguments of the query",
    words=("SELECT", "select", "INSERT", "insert", "UPDATE", "update", "DELETE", "delete", "DROP"),
    rule=either(
        every(
            kind("binary_expression"),
            text(SQL),
            has(text(r"^\+$"), "operator"),
            covers(
                every(
                    kind("binary_expression"),
                    has(
                        every(
                            kind("identifier", "selector_expression", "call_expression", "index_expression"),
                            no(text(r"^strconv\.(Itoa|FormatInt)|^[A-Z][A-Z0-9_]+$|[pP]laceholders")),
                        ),
                        "right",
                    ),
                )
            ),
        ),
        CALLS.to(r"^fmt\.Sprintf$", has(nth(1, every(text(SQL), text(r"%[sqv]")))), no(text(r"[pP]laceholders"))),
    ),
    hits=(
        """\
package shop

func find(db *sql.DB, name string) (*sql.Rows, error) {
	return db.Query("SELECT * FROM users WHERE name = '" + name + "'")
}""",
        """\
package shop

func find(db *sql.DB, name string) (*sql.Rows, error) {
	query := fmt.Sprintf("SELECT * FROM users WHERE name = '%s'", name)
	return db.Query(query)
}""",
    ),
    misses=(
        """\
package shop

func find(db *sql.DB, name string) (*sql.Rows, error) {
	return db.Query("SELECT * FROM users WHERE name = $1", name)
}""",
        """\
package shop

func page(number int) string {
	return fmt.Sprintf("SELECT * FROM users LIMIT %d", number)
}""",
        """\
package shop

const all = "SELECT * FROM users " + "ORDER BY name"
""",
    ),
)
