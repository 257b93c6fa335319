"""Request data is put into the page without escaping."""

from qcn_lsp.analyzers.patterns import either, every, has, kind
from qcn_lsp.analyzers.rule import PHP, Rule
from qcn_lsp.analyzers.rules.php._flow import FLOW, REQUEST
from qcn_lsp.core.severity import Severity

_SAFE = r"(?i)htmlspecialchars|htmlentities|\be\(|esc_\w+\(|strip_tags|urlencode|json_encode|\(int\)|intval|count\(|isset\(|empty\(|md5\(|sanitize|filter_var|in_array|date\("

RULE = Rule(
    id="php-xss",
    languages=PHP,
    cwe=79,
    severity=Severity.HIGH,
    message="Request data is put into the page without escaping",
    help="Escape it with htmlspecialchars",
    words=("echo", "print", "<?=", "exit", "die"),
    rule=every(
        either(
            kind("echo_statement", "print_intrinsic"),
            every(kind("exit_statement")),
            # What follows <?= is no statement of its own in this grammar.
            every(kind("expression_statement"), {"follows": {"kind": "php_tag", "regex": r"<\?="}}),
        ),
        either(
            has(FLOW.tainted(REQUEST, _SAFE)),
            has(every(kind("sequence_expression"), FLOW.tainted(REQUEST, _SAFE))),
        ),
    ),
    hits=(
        """\
<?php
echo "Hello " . $_GET['name'];""",
        """\
<?php
function show() {
    $q = $_GET['q'];
    print "<p>Nothing found for $q</p>";
}""",
    ),
    misses=(
        """\
<?php
echo "Hello " . htmlspecialchars($_GET['name']);""",
        """\
<?php
echo "Hello";""",
        """\
<?php
$id = (int) $_GET['id'];
echo "Order $id";""",
        """\
<?php
$name = load_name();
echo $name;""",
    ),
)
