"""A password is hashed with a function that is fast to guess."""

from qcn_lsp.analyzers.patterns import contains, either, every, has, kind, nth, text
from qcn_lsp.analyzers.rule import PHP, Rule
from qcn_lsp.analyzers.rules.php._flow import CALLS
from qcn_lsp.core.severity import Severity

_PASSWORD = every(
    kind("variable_name", "subscript_expression", "member_access_expression"),
    text(r"(?i)(pass|password|passwd|pwd)(['\"]\])?$"),
)

RULE = Rule(
    id="php-fast-password-hash",
    languages=PHP,
    cwe=916,
    severity=Severity.HIGH,
    message="A password is hashed with a function that is fast to guess",
    help="Use password_hash and password_verify",
    words=("md5", "sha1", "crc32", "hash("),
    rule=either(
        CALLS.to(r"^\\?(md5|sha1|crc32)$", contains(_PASSWORD)),
        CALLS.to(
            r"^\\?hash$", has(nth(1, text(r"(?i)^['\"](md5|sha\d+|sha3-\d+|whirlpool)['\"]$"))), contains(_PASSWORD)
        ),
    ),
    hits=(
        """\
<?php
$digest = md5($password);""",
        """\
<?php
$digest = hash('sha256', $salt . $_POST['password']);""",
    ),
    misses=(
        """\
<?php
$digest = password_hash($password, PASSWORD_DEFAULT);""",
        """\
<?php
$etag = hash('md5', $content);""",
        """\
<?php
$sum = hash('sha256', $file);""",
    ),
)
