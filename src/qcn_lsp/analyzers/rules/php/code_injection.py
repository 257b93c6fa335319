"""Text is run as code."""

from qcn_lsp.analyzers.patterns import covers, either, every, has, kind, no, nth, text
from qcn_lsp.analyzers.rule import PHP, Rule
from qcn_lsp.analyzers.rules.php._flow import CALLS, FLOW, REQUEST
from qcn_lsp.core.severity import Severity

RULE = Rule(
    id="php-code-injection",
    languages=PHP,
    cwe=95,
    severity=Severity.CRITICAL,
    message="Text is run as code",
    help="Dispatch on known names instead of running text",
    words=("eval", "assert", "create_function", "call_user_func"),
    rule=either(
        CALLS.to(
            r"^\\?(eval|assert|create_function)$",
            covers(kind("variable_name")),
            covers(
                every(
                    kind("argument"),
                    has(kind("variable_name", "encapsed_string", "subscript_expression", "binary_expression"), ""),
                    no(text(r"[=<>]")),
                )
            ),
        ),
        CALLS.to(r"^\\?call_user_func(_array)?$", has(nth(1, FLOW.tainted(REQUEST, r"in_array")))),
    ),
    hits=(
        """\
<?php
eval($_POST['code']);""",
        """\
<?php
call_user_func($_GET['action'], $order);""",
    ),
    misses=(
        """\
<?php
assert($count === 3);""",
        """\
<?php
call_user_func('show_order', $order);""",
        """\
<?php
$value = evaluate($formula);""",
    ),
)
