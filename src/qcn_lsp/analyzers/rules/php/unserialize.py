"""Unserializing data may run code in it."""

from qcn_lsp.analyzers.patterns import covers, kind, no, text
from qcn_lsp.analyzers.rule import PHP, Rule
from qcn_lsp.analyzers.rules.php._flow import CALLS
from qcn_lsp.core.severity import Severity

RULE = Rule(
    id="php-unserialize",
    languages=PHP,
    cwe=502,
    severity=Severity.HIGH,
    message="Unserializing data may run code in it",
    help="Exchange data as JSON, or pass ['allowed_classes' => false]",
    words=("unserialize",),
    rule=CALLS.to(
        r"^\\?(unserialize|maybe_unserialize)$",
        no(text(r"allowed_classes'?\"? *=> *(false|\[)")),
        covers(kind("variable_name", "function_call_expression", "member_call_expression")),
        no(text(r"serialize\(.*[^n]serialize\(")),
    ),
    hits=(
        """\
<?php
$cart = unserialize($_COOKIE['cart']);""",
        """\
<?php
function load($data) {
    return unserialize(base64_decode($data));
}""",
    ),
    misses=(
        """\
<?php
$cart = json_decode($_COOKIE['cart'], true);""",
        """\
<?php
$cart = unserialize($data, ['allowed_classes' => false]);""",
        """\
<?php
$data = serialize($cart);""",
    ),
)
