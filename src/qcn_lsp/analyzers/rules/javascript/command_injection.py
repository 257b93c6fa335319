"""A shell runs a command that is put together from text."""

from qcn_lsp.analyzers.patterns import contains, either, every, has, kind, nth, text
from qcn_lsp.analyzers.rule import JAVASCRIPT, Rule
from qcn_lsp.analyzers.rules.javascript._flow import CALLS, FLOW, REQUEST
from qcn_lsp.core.severity import Severity

_BUILT = either(
    every(kind("template_string"), has(kind("template_substitution"))),
    every(kind("binary_expression"), contains(kind("identifier"))),
)
_COMMAND = either(_BUILT, FLOW.assigned(_BUILT), FLOW.tainted(REQUEST))

RULE = Rule(
    id="javascript-command-injection",
    languages=JAVASCRIPT,
    cwe=78,
    severity=Severity.CRITICAL,
    message="A shell runs a command that is put together from text",
    help="Use execFile or spawn with a list of arguments and no shell",
    words=("exec", "spawn"),
    rule=either(
        CALLS.to(
            r"^(exec|execSync|execAsync|execPromise|(child_process|childProcess|cp|shell|shelljs|require\([\"'](node:)?child_process[\"']\))\.(exec|execSync))$",
            has(nth(1, _COMMAND)),
        ),
        CALLS.to(
            r"(^|\.)(spawn|spawnSync|execFile|execFileSync)$",
            has(nth(1, _COMMAND)),
            contains(every(kind("pair"), text(r"^shell *: *(true|[\"'])"))),
        ),
        CALLS.to(
            r"(^|\.)(spawn|spawnSync|execFile|execFileSync)$",
            has(nth(1, text(r"^[\"'](/bin/)?(ba)?sh[\"']$"))),
            has(every(kind("array"), text(r"[\"']-\w*c[\"']"), contains(_BUILT))),
        ),
    ),
    hits=(
        """\
function convert(file) {
  exec(`convert ${file} out.png`);
}""",
        """\
function ping(req, res) {
  const command = "ping -c 1 " + req.query.host;
  child_process.execSync(command);
}""",
        'spawn("tar xf " + name, { shell: true });',
    ),
    misses=(
        """\
function convert(file) {
  execFile("convert", [file, "out.png"]);
}""",
        'exec("git status");',
        """\
function parse(text) {
  return /a(b)/.exec(`x${text}`);
}""",
        'spawn("tar", ["xf", name]);',
    ),
)
