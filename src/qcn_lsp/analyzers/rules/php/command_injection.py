"""A command is put together from text."""

from qcn_lsp.analyzers.patterns import contains, covers, either, every, has, kind, no, nth, text
from qcn_lsp.analyzers.rule import PHP, Rule
from qcn_lsp.analyzers.rules.php._flow import CALLS, FLOW, REQUEST
from qcn_lsp.core.severity import Severity

_SAFE = r"escapeshellarg|escapeshellcmd|\(int\)|intval"
_BUILT = either(
    every(kind("encapsed_string"), contains(kind("variable_name")), no(text(_SAFE))),
    every(kind("binary_expression"), contains(kind("variable_name")), no(text(_SAFE))),
)

RULE = Rule(
    id="php-command-injection",
    languages=PHP,
    cwe=78,
    severity=Severity.CRITICAL,
    message="A command is put together from text",
    help="Escape each argument with escapeshellarg, or use proc_open with a list",
    words=("exec", "system", "passthru", "popen", "`"),
    rule=either(
        CALLS.to(
            r"^\\?(exec|shell_exec|system|passthru|popen|proc_open)$",
            has(
                nth(
                    1,
                    either(covers(_BUILT), has(FLOW.assigned(_BUILT, _SAFE)), FLOW.tainted(REQUEST, _SAFE)),
                )
            ),
            no(text(_SAFE)),
        ),
        every(kind("shell_command_expression"), contains(kind("variable_name"))),
    ),
    hits=(
        """\
<?php
system("convert $file out.png");""",
        """\
<?php
$command = 'ping -c 1 ' . $_GET['host'];
$answer = shell_exec($command);""",
    ),
    misses=(
        """\
<?php
system('convert ' . escapeshellarg($file) . ' out.png');""",
        """\
<?php
exec('sync');""",
        """\
<?php
curl_exec("$handle");""",
    ),
)
