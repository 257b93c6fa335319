"""A path is built from request data."""

from qcn_lsp.analyzers.patterns import has, nth
from qcn_lsp.analyzers.rule import PHP, Rule
from qcn_lsp.analyzers.rules.php._flow import CALLS, FLOW, REQUEST, SCALAR
from qcn_lsp.core.severity import Severity

RULE = Rule(
    id="php-path-traversal",
    languages=PHP,
    cwe=22,
    severity=Severity.HIGH,
    message="A path is built from request data",
    help="Keep only basename, or compare realpath with the directory",
    words=("file_get_contents", "file_put_contents", "readfile", "fopen", "unlink", "move_uploaded_file", "file("),
    rule=CALLS.to(
        r"^\\?(file_get_contents|file_put_contents|readfile|fopen|unlink|file|copy|rename|rmdir|scandir)$",
        has(nth(1, FLOW.tainted(REQUEST, SCALAR + r"|tmp_name|sanitize|uniqid"))),
    ),
    hits=(
        """\
<?php
readfile('docs/' . $_GET['name']);""",
        """\
<?php
$name = $_GET['name'];
echo htmlspecialchars(file_get_contents("docs/$name"));""",
    ),
    misses=(
        """\
<?php
readfile('docs/' . basename($_GET['name']));""",
        """\
<?php
$config = file_get_contents('config.json');""",
        """\
<?php
$body = file_get_contents('php://input');""",
    ),
)
