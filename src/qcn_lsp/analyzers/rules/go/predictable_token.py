"""A secret is made of random numbers that can be predicted."""

from qcn_lsp.analyzers.patterns import contains, either, every, has, inside, kind, text
from qcn_lsp.analyzers.rule import GO, Rule
from qcn_lsp.analyzers.rules.go._flow import CALLS
from qcn_lsp.core.severity import Severity

_PURPOSE = r"(?i)(token|secret|password|passcode|otp|nonce|salt|session|api_?key|csrf|reset)"

RULE = Rule(
    id="go-predictable-token",
    languages=GO,
    cwe=338,
    severity=Severity.MEDIUM,
    message="A secret is made of random numbers that can be predicted",
    help="Use crypto/rand",
    words=("math/rand",),
    rule=every(
        CALLS.to(r"^(rand|mrand|mathrand)\.(Int|Intn|Int31|Int31n|Int63|Int63n|IntN|Uint32|Uint64|Read|Float64|Perm)$"),
        inside(every(kind("source_file"), contains(every(kind("import_spec"), text(r"\"math/rand(/v2)?\"$"))))),
        either(
            inside(every(kind("function_declaration", "method_declaration"), has(text(_PURPOSE), "name"))),
            inside(every(kind("short_var_declaration", "assignment_statement"), has(text(_PURPOSE), "left"))),
        ),
    ),
    hits=(
        """\
package shop

import "math/rand"

func newToken() int {
	return rand.Intn(1000000)
}""",
        """\
package shop

import (
	"fmt"
	"math/rand"
)

func register() {
	sessionID := fmt.Sprint(rand.Int63())
	save(sessionID)
}""",
    ),
    misses=(
        """\
package shop

import "crypto/rand"

func newToken(b []byte) {
	rand.Read(b)
}""",
        """\
package shop

import "math/rand"

func roll() int {
	return rand.Intn(6)
}""",
        """\
package shop

import "math/rand"

func newToken() string {
	return secure.String(32)
}""",
    ),
)
