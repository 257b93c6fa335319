"""The server's certificate is not checked."""

from qcn_lsp.analyzers.patterns import either, every, has, kind, text
from qcn_lsp.analyzers.rule import GO, Rule
from qcn_lsp.analyzers.rules.go._flow import CALLS
from qcn_lsp.core.severity import Severity

RULE = Rule(
    id="go-tls-unverified",
    languages=GO,
    cwe=295,
    severity=Severity.MEDIUM,
    message="The server's certificate is not checked",
    help="Leave the check on, and add the authority to RootCAs",
    words=("InsecureSkipVerify", "InsecureIgnoreHostKey"),
    rule=either(
        every(kind("keyed_element"), text(r"^InsecureSkipVerify *: *true$")),
        every(kind("assignment_statement"), has(text(r"\.InsecureSkipVerify$"), "left"), has(text(r"^true$"), "right")),
        CALLS.to(r"^ssh\.InsecureIgnoreHostKey$"),
    ),
    hits=(
        """\
package shop

var config = &tls.Config{InsecureSkipVerify: true}""",
        """\
package shop

func client(config *tls.Config) {
	config.InsecureSkipVerify = true
}""",
    ),
    misses=(
        """\
package shop

var config = &tls.Config{InsecureSkipVerify: false}""",
        """\
package shop

var config = &tls.Config{MinVersion: tls.VersionTLS13}""",
        """\
package shop

func check(config *tls.Config) bool {
	return config.InsecureSkipVerify == true
}""",
    ),
)
