"""SQL is put together from text."""

from qcn_lsp.analyzers.patterns import covers, either, every, has, kind, no, nth, text
from qcn_lsp.analyzers.rule import JAVA, Rule
from qcn_lsp.analyzers.rules.java._flow import CALLS, SQL
from qcn_lsp.core.severity import Severity

RULE = Rule(
    id="java-sql-injection",
    languages=JAVA,
    cwe=89,
    severity=Severity.HIGH,
    message="SQL is put together from text",
    help="Use a PreparedStatement with parameters",
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
                            kind("identifier", "field_access", "method_invocation", "array_access"),
                            no(text(r"^[A-Z][A-Z0-9_.]+$|^(Integer|Long)\.|[pP]laceholders")),
                        ),
                        "right",
                    ),
                )
            ),
        ),
        every(CALLS.to(r"^format$", has(nth(1, every(text(SQL), text(r"%s"))))), has(text(r"^String$"), "object")),
        every(CALLS.to(r"^formatted$"), has(every(text(SQL), text(r"%s")), "object")),
    ),
    hits=(
        """\
class Users {
    ResultSet find(Statement statement, String name) throws SQLException {
        return statement.executeQuery("SELECT * FROM users WHERE name = '" + name + "'");
    }
}""",
        """\
class Users {
    ResultSet find(Statement statement, String name) throws SQLException {
        String query = String.format("SELECT * FROM users WHERE name = '%s'", name);
        return statement.executeQuery(query);
    }
}""",
    ),
    misses=(
        """\
class Users {
    PreparedStatement find(Connection connection) throws SQLException {
        return connection.prepareStatement("SELECT * FROM users WHERE name = ?");
    }
}""",
        """\
class Users {
    String all() {
        return "SELECT * FROM " + TABLE + " ORDER BY name";
    }
}""",
        """\
class Users {
    String label(String name) {
        return "Select " + name + " from the list";
    }
}""",
    ),
)
