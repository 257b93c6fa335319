"""A password is hashed with a function that is fast to guess."""

from qcn_lsp.analyzers.patterns import contains, either, every, has, kind, no, text
from qcn_lsp.analyzers.rule import JAVASCRIPT, Rule
from qcn_lsp.analyzers.rules.javascript._flow import CALLS
from qcn_lsp.core.severity import Severity

_PASSWORD = every(kind("identifier", "member_expression"), text(r"(?i)(^|[._]|\w)(password|passwd|pwd)$"))

RULE = Rule(
    id="javascript-fast-password-hash",
    languages=JAVASCRIPT,
    cwe=916,
    severity=Severity.HIGH,
    message="A password is hashed with a function that is fast to guess",
    help="Use argon2, scrypt or bcrypt",
    words=(
        'createHash("sha',
        "createHash('sha",
        "createHash(`sha",
        "blake2",
        "CryptoJS",
        "md5(",
        "sha1(",
        "sha256(",
        "sha512(",
    ),
    rule=either(
        CALLS.to(
            r"createHash\([\"'`](sha224|sha256|sha384|sha512|sha3-\d+|blake2\w+)[\"'`]\)\.update$", contains(_PASSWORD)
        ),
        CALLS.to(
            r"^(CryptoJS\.\w+|md5|sha1|sha256|sha512)$",
            either(has(_PASSWORD), contains(every(kind("binary_expression"), has(_PASSWORD)))),
            no(text(r"(?i)bcrypt")),
        ),
    ),
    hits=(
        """\
function store(password) {
  return crypto.createHash("sha256").update(password).digest("hex");
}""",
        "const digest = md5(req.body.password);",
    ),
    misses=(
        'const digest = crypto.createHash("sha256").update(file).digest("hex");',
        "const digest = await bcrypt.hash(password, 12);",
        "const digest = crypto.scryptSync(password, salt, 64);",
    ),
)
