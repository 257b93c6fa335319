"""SQL is put together from text."""

from qcn_lsp.analyzers.patterns import covers, either, every, has, kind, no, text
from qcn_lsp.analyzers.rule import JAVASCRIPT, Rule
from qcn_lsp.analyzers.rules.javascript._flow import SQL
from qcn_lsp.core.severity import Severity

_CONSTANT = r"^\$\{\s*([A-Z][A-Z0-9_]*\b|Number\(|parseInt\(|parseFloat\(|.*\b(escape|escapeId|quoteIdent|placeholders?|marks)\b)"
_VALUE = kind("identifier", "member_expression", "call_expression", "subscript_expression")

RULE = Rule(
    id="javascript-sql-injection",
    languages=JAVASCRIPT,
    cwe=89,
    severity=Severity.HIGH,
    message="SQL is put together from text",
    help="Pass values as parameters of the query",
    words=("SELECT", "select", "INSERT", "insert", "UPDATE", "update", "DELETE", "delete", "DROP", "ALTER", "TRUNCATE"),
    rule=either(
        every(
            kind("template_string"),
            text(SQL),
            has(every(kind("template_substitution"), no(text(_CONSTANT)))),
            # A tagged template passes its values apart from its text.
            no({"inside": {"kind": "call_expression"}}),
        ),
        every(
            kind("binary_expression"),
            text(SQL),
            has(text(r"^\+$"), "operator"),
            covers(
                every(
                    kind("binary_expression"),
                    has(
                        every(
                            _VALUE,
                            no(text(r"^[A-Z][A-Z0-9_]*$|^(Number|parseInt|parseFloat)\(|escape|[pP]laceholders")),
                        ),
                        "right",
                    ),
                )
            ),
        ),
    ),
    hits=(
        """\
function find(db, name) {
  return db.query(`SELECT * FROM users WHERE name = '${name}'`);
}""",
        """\
function find(db, name) {
  const sql = "SELECT * FROM users WHERE name = '" + name + "' LIMIT 1";
  return db.query(sql);
}""",
        'app.delete("/items/:id", (req) => db.run("DELETE FROM items WHERE id = " + req.params.id));',
    ),
    misses=(
        """\
function find(db, name) {
  return db.query("SELECT * FROM users WHERE name = ?", [name]);
}""",
        """\
function find(sql, name) {
  return sql`SELECT * FROM users WHERE name = ${name}`;
}""",
        """\
function list(db) {
  return db.query(`SELECT * FROM ${TABLE} ORDER BY id`);
}""",
        """\
function label(name) {
  return `Select ${name} from the list`;
}""",
        'const all = "SELECT * FROM users " + "ORDER BY name";',
    ),
)
