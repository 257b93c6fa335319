"""The target of a redirect comes from the request."""

from qcn_lsp.analyzers.patterns import either, every, has, no, nth, text
from qcn_lsp.analyzers.rule import PHP, Rule
from qcn_lsp.analyzers.rules.php._flow import CALLS, FLOW, REQUEST
from qcn_lsp.core.severity import Severity

RULE = Rule(
    id="php-open-redirect",
    languages=PHP,
    cwe=601,
    severity=Severity.MEDIUM,
    message="The target of a redirect comes from the request",
    help="Redirect to a name you look up, or check that the URL is relative to this site",
    words=("header", "redirect"),
    rule=either(
        CALLS.to(
            r"^header$",
            has(
                nth(
                    1,
                    every(
                        text(r"(?i)location *:"),
                        no(text(r"(?i)location: */\w|location: *https?://[\w.-]+/")),
                        FLOW.tainted(REQUEST, r"(?i)safe|allowed|in_array|parse_url|urlencode"),
                    ),
                )
            ),
        ),
        CALLS.to(r"^(redirect|wp_redirect)$", has(nth(1, FLOW.tainted(REQUEST, r"(?i)safe|allowed|in_array")))),
    ),
    hits=(
        """\
<?php
header('Location: ' . $_GET['next']);""",
        """\
<?php
$next = $_POST['next'];
header("Location: $next");""",
    ),
    misses=(
        """\
<?php
header('Location: /home.php');""",
        """\
<?php
header("Location: /order.php?id=" . $_GET['id']);""",
        """\
<?php
header('X-Name: ' . $name);""",
    ),
)
