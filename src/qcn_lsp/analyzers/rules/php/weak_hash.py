"""The hash function is broken."""

from qcn_lsp.analyzers.patterns import covers, kind, no, text
from qcn_lsp.analyzers.rule import PHP, Rule
from qcn_lsp.analyzers.rules.php._flow import CALLS
from qcn_lsp.core.severity import Severity

RULE = Rule(
    id="php-weak-hash",
    languages=PHP,
    cwe=328,
    severity=Severity.LOW,
    message="The hash function is broken",
    help="Use hash('sha256', …), or password_hash for passwords",
    words=("md5", "sha1"),
    rule=CALLS.to(
        r"^\\?(md5|sha1|md5_file|sha1_file)$",
        covers(kind("variable_name")),
        no(text(r"(?i)(pass|password|passwd|pwd)(['\"]\])?\b")),
    ),
    hits=(
        """\
<?php
$signature = md5($body . $key);""",
        """\
<?php
$sum = sha1_file($path);""",
    ),
    misses=(
        """\
<?php
$signature = hash_hmac('sha256', $body, $key);""",
        """\
<?php
$name = 'md5';""",
        """\
<?php
$empty = md5('');""",
    ),
)
