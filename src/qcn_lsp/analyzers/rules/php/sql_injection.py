"""SQL is put together from text."""

from qcn_lsp.analyzers.patterns import contains, covers, either, every, has, kind, no, nth, text
from qcn_lsp.analyzers.rule import PHP, Rule
from qcn_lsp.analyzers.rules.php._flow import CALLS, SQL
from qcn_lsp.core.severity import Severity

_SAFE = r"(?i)escape|quote|prefix|placeholders|\(int\)|intval"

RULE = Rule(
    id="php-sql-injection",
    languages=PHP,
    cwe=89,
    severity=Severity.HIGH,
    message="SQL is put together from text",
    help="Use a prepared statement and bind values",
    words=("SELECT", "select", "INSERT", "insert", "UPDATE", "update", "DELETE", "delete", "DROP"),
    rule=either(
        every(
            kind("encapsed_string"),
            text(SQL),
            contains(
                every(
                    kind("variable_name", "subscript_expression", "member_access_expression", "dynamic_variable_name"),
                    no(text(r"(?i)^\$(this->)?(\w*->)?(table|prefix|db|wpdb|placeholders)\w*|wpdb->")),
                )
            ),
        ),
        every(
            kind("binary_expression"),
            text(SQL),
            has(text(r"^\.$"), "operator"),
            no({"inside": {"kind": "binary_expression"}}),
            covers(
                every(
                    kind("binary_expression"),
                    has(
                        every(
                            kind(
                                "variable_name",
                                "subscript_expression",
                                "member_access_expression",
                                "function_call_expression",
                                "member_call_expression",
                            ),
                            no(text(_SAFE)),
                        ),
                        "right",
                    ),
                )
            ),
            no(text(_SAFE)),
        ),
        every(CALLS.to(r"^sprintf$", has(nth(1, every(text(SQL), text(r"%s")))), no(text(_SAFE)))),
    ),
    hits=(
        """\
<?php
$result = mysqli_query($db, "SELECT * FROM users WHERE name = '$name'");""",
        """\
<?php
$sql = "SELECT * FROM users WHERE name = '" . $_POST['name'] . "' LIMIT 1";
$result = $pdo->query($sql);""",
    ),
    misses=(
        """\
<?php
$statement = $pdo->prepare("SELECT * FROM users WHERE name = ?");""",
        """\
<?php
$result = mysqli_query($db, "SELECT * FROM users WHERE name = '" . mysqli_real_escape_string($db, $name) . "'");""",
        """\
<?php
$label = "Select $name from the list";""",
        """\
<?php
$rows = $wpdb->get_results("SELECT * FROM {$wpdb->posts}");""",
    ),
)
