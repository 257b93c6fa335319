"""SQL is put together from text."""

from qcn_lsp.analyzers.patterns import covers, either, every, has, inside, kind, no, nth, text
from qcn_lsp.analyzers.rule import CSHARP, Rule
from qcn_lsp.analyzers.rules.csharp._flow import CALLS
from qcn_lsp.core.severity import Severity

_SQL = r"(?s)^[$@]*\"+\s*((SELECT|select)\b.*\b(FROM|from)\b|(INSERT|insert)\s+(INTO|into)\b|(UPDATE|update)\b.*\b(SET|set)\b|(DELETE|delete)\s+(FROM|from)\b)"

RULE = Rule(
    id="csharp-sql-injection",
    languages=CSHARP,
    cwe=89,
    severity=Severity.HIGH,
    message="SQL is put together from text",
    help="Use parameters of the command",
    words=("SELECT", "select", "INSERT", "insert", "UPDATE", "update", "DELETE", "delete"),
    rule=either(
        every(
            kind("interpolated_string_expression"),
            text(_SQL),
            has(every(kind("interpolation"), no(text(r"^\{[A-Z][A-Z0-9_]+\}$|[pP]laceholders")))),
            no(
                inside(
                    every(
                        kind("invocation_expression"),
                        has(
                            text(r"(FromSqlInterpolated|ExecuteSqlInterpolated|FromSql|ExecuteSql|SqlQuery)(Async)?$"),
                            "function",
                        ),
                    )
                )
            ),
        ),
        every(
            kind("binary_expression"),
            text(_SQL),
            no({"inside": {"kind": "binary_expression"}}),
            covers(
                every(
                    kind("binary_expression"),
                    has(
                        every(
                            kind(
                                "identifier",
                                "member_access_expression",
                                "invocation_expression",
                                "element_access_expression",
                            ),
                            no(text(r"^[A-Z][A-Z0-9_]+$")),
                        ),
                        "right",
                    ),
                )
            ),
        ),
        every(CALLS.to(r"^[sS]tring\.Format$", has(nth(1, every(text(_SQL), text(r"\{0")))))),
    ),
    hits=(
        """\
class Users {
    SqlCommand Find(SqlConnection connection, string name) {
        return new SqlCommand("SELECT * FROM users WHERE name = '" + name + "'", connection);
    }
}""",
        """\
class Users {
    void Find(SqlCommand command, string name) {
        command.CommandText = $"SELECT * FROM users WHERE name = '{name}'";
    }
}""",
    ),
    misses=(
        """\
class Users {
    SqlCommand Find(SqlConnection connection) {
        return new SqlCommand("SELECT * FROM users WHERE name = @name", connection);
    }
}""",
        """\
class Users {
    object Find(Context db, string name) {
        return db.Users.FromSqlInterpolated($"SELECT * FROM users WHERE name = {name}");
    }
}""",
        """\
class Users {
    string Label(string name) {
        return $"Select {name} from the list";
    }
}""",
    ),
)
