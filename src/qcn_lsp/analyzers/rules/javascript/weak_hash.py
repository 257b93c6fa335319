"""The hash function is broken."""

from qcn_lsp.analyzers.patterns import either, has, no, nth, text
from qcn_lsp.analyzers.rule import JAVASCRIPT, Rule
from qcn_lsp.analyzers.rules.javascript._flow import CALLS
from qcn_lsp.core.severity import Severity

RULE = Rule(
    id="javascript-weak-hash",
    languages=JAVASCRIPT,
    cwe=328,
    severity=Severity.MEDIUM,
    message="The hash function is broken",
    help="Use sha256 or better, or argon2 and its like for passwords",
    words=("createHash", "createHmac", "md5", "sha1", "MD5", "SHA1"),
    rule=either(
        CALLS.to(r"(^|\.)createHash$", has(nth(1, text(r"(?i)^[\"'`](md4|md5|sha-?1|rsa-md5|rsa-sha1)[\"'`]$")))),
        CALLS.to(r"^(CryptoJS\.(MD5|SHA1)|md5|sha1)$", no(text(r"(?i)password|passwd|pwd"))),
    ),
    hits=(
        'const sum = crypto.createHash("md5").update(data).digest("hex");',
        "const sum = CryptoJS.SHA1(message).toString();",
    ),
    misses=(
        'const sum = crypto.createHash("sha256").update(data).digest("hex");',
        'const sum = crypto.createHash(algorithm).update(data).digest("hex");',
        'const name = "md5";',
    ),
)
