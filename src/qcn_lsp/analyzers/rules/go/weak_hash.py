"""The hash function is broken."""

from qcn_lsp.analyzers.rule import GO, Rule
from qcn_lsp.analyzers.rules.go._flow import CALLS
from qcn_lsp.core.severity import Severity

RULE = Rule(
    id="go-weak-hash",
    languages=GO,
    cwe=328,
    severity=Severity.MEDIUM,
    message="The hash function is broken",
    help="Use sha256 or better, or bcrypt for passwords",
    words=("md5.", "sha1."),
    rule=CALLS.to(r"^(md5|sha1)\.(Sum|New)$"),
    hits=(
        """\
package shop

func sum(data []byte) [16]byte {
	return md5.Sum(data)
}""",
        """\
package shop

func hasher() hash.Hash {
	return sha1.New()
}""",
    ),
    misses=(
        """\
package shop

func sum(data []byte) [32]byte {
	return sha256.Sum256(data)
}""",
        """\
package shop

const size = md5.Size""",
        """\
package shop

func hasher() hash.Hash {
	return sha512.New()
}""",
    ),
)
