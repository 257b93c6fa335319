"""A password is stored or compared as it is."""

from qcn_lsp.analyzers.patterns import either, every, has, inside, kind, no, text
from qcn_lsp.analyzers.rule import PHP, Rule
from qcn_lsp.analyzers.rules.php._flow import CALLS, HASHED, METHODS
from qcn_lsp.core.severity import Severity

_SIDE = every(
    kind("variable_name", "subscript_expression", "member_access_expression"),
    text(r"(?i)(pass|password|passwd|pwd)(['\"]\])?$"),
    no(text(r"(?i)hash|confirm|repeat|old|new|2")),
)
_GIVEN = either(
    every(kind("subscript_expression"), text(r"^\$_(POST|REQUEST|GET)\b")),
    every(kind("variable_name"), text(r"(?i)^\$(pass|password|passwd|pwd)$")),
)
_FUNCTION = every(kind("function_definition", "method_declaration"), text(HASHED))

RULE = Rule(
    id="php-plaintext-password",
    languages=PHP,
    cwe=256,
    severity=Severity.HIGH,
    message="A password is stored or compared as it is",
    help="Store password_hash and compare with password_verify",
    words=("pass", "pwd"),
    rule=either(
        every(
            kind("binary_expression"),
            has(text(r"^(={2,3}|!={1,2})$"), "operator"),
            has(_SIDE, "left"),
            has(_SIDE, "right"),
            has(every(kind("subscript_expression", "member_access_expression"), no(text(r"^\$_")))),
            has(_GIVEN),
        ),
        every(
            kind("string", "encapsed_string"),
            text(
                r"(?is)^['\"]\s*(insert\s+into\b.*\b(password|passwd|pwd|pass)\b.*\bvalues\b|(select|update|delete)\b.*\b(password|passwd|pwd|pass)\s*=)"
            ),
            inside(either(METHODS.to(r"^(prepare|query|execute|exec)$"), CALLS.to(r"^mysqli_(query|prepare)$"))),
            no(inside(_FUNCTION)),
            either(
                inside(kind("function_definition", "method_declaration")),
                no(inside(every(kind("program"), text(HASHED)))),
            ),
        ),
    ),
    hits=(
        """\
<?php
function login($user, $password) {
    return $user['password'] === $password;
}""",
        """\
<?php
$statement = $pdo->prepare('INSERT INTO users (name, password) VALUES (?, ?)');
$statement->execute([$name, $password]);""",
    ),
    misses=(
        """\
<?php
function login($user, $password) {
    return password_verify($password, $user['password']);
}""",
        """\
<?php
function register($pdo, $name, $password) {
    $digest = password_hash($password, PASSWORD_DEFAULT);
    $pdo->prepare('INSERT INTO users (name, password) VALUES (?, ?)')->execute([$name, $digest]);
}""",
        """\
<?php
if ($_POST['password'] !== $_POST['password_confirm']) {
    fail();
}""",
    ),
)
