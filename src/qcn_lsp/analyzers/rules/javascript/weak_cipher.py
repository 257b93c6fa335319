"""The cipher is broken or shows patterns of the plaintext."""

from qcn_lsp.analyzers.patterns import either, has, nth, text
from qcn_lsp.analyzers.rule import JAVASCRIPT, Rule
from qcn_lsp.analyzers.rules.javascript._flow import CALLS
from qcn_lsp.core.severity import Severity

RULE = Rule(
    id="javascript-weak-cipher",
    languages=JAVASCRIPT,
    cwe=327,
    severity=Severity.MEDIUM,
    message="The cipher is broken or shows patterns of the plaintext",
    help="Use aes-256-gcm with a random nonce",
    words=("createCipher", "createDecipher", "CryptoJS"),
    rule=either(
        CALLS.to(r"(^|\.)(createCipher|createDecipher)$", has({"nthChild": 2})),
        CALLS.to(r"(^|\.)(createCipheriv|createDecipheriv)$", has(nth(1, text(r"(?i)^[\"'`](des|rc4|rc2|bf|.*-ecb)")))),
        CALLS.to(r"^CryptoJS\.(DES|TripleDES|RC4)\.(en|de)crypt$"),
    ),
    hits=(
        'const cipher = crypto.createCipheriv("des-ede3-cbc", key, iv);',
        'const cipher = crypto.createCipher("aes-256-cbc", secret);',
    ),
    misses=(
        'const cipher = crypto.createCipheriv("aes-256-gcm", key, nonce);',
        "const cipher = crypto.createCipheriv(algorithm, key, nonce);",
        "const cipher = factory.createCipher();",
    ),
)
