"""The file to include is chosen by the request."""

from qcn_lsp.analyzers.patterns import every, has, kind
from qcn_lsp.analyzers.rule import PHP, Rule
from qcn_lsp.analyzers.rules.php._flow import FLOW, REQUEST
from qcn_lsp.core.severity import Severity

RULE = Rule(
    id="php-file-inclusion",
    languages=PHP,
    cwe=98,
    severity=Severity.CRITICAL,
    message="The file to include is chosen by the request",
    help="Look the name up in a fixed list of pages",
    words=("include", "require"),
    rule=every(
        kind("include_expression", "include_once_expression", "require_expression", "require_once_expression"),
        has(FLOW.tainted(REQUEST, r"(?i)in_array|array_key_exists|basename\(|\$(pages|allowed)\w*\[|match")),
    ),
    hits=(
        """\
<?php
include $_GET['page'] . '.php';""",
        """\
<?php
$page = $_REQUEST['page'];
require_once("pages/$page.php");""",
    ),
    misses=(
        """\
<?php
include 'header.php';""",
        """\
<?php
require_once __DIR__ . '/config.php';""",
        """\
<?php
include $pages[$_GET['page']] ?? 'home.php';""",
    ),
)
