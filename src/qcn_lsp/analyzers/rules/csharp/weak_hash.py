"""The hash function is broken."""

from qcn_lsp.analyzers.patterns import either
from qcn_lsp.analyzers.rule import CSHARP, Rule
from qcn_lsp.analyzers.rules.csharp._flow import CALLS, NEWS
from qcn_lsp.core.severity import Severity

RULE = Rule(
    id="csharp-weak-hash",
    languages=CSHARP,
    cwe=328,
    severity=Severity.MEDIUM,
    message="The hash function is broken",
    help="Use SHA256 or better",
    words=("MD5", "SHA1"),
    rule=either(
        CALLS.to(r"(^|\.)(MD5|SHA1)\.(Create|HashData)$"),
        NEWS.to(r"^(MD5|SHA1)(CryptoServiceProvider|Managed|Cng)$"),
    ),
    hits=(
        """\
class Sums {
    byte[] Sum(byte[] data) {
        return MD5.Create().ComputeHash(data);
    }
}""",
        """\
class Sums {
    byte[] Sum(byte[] data) {
        return new SHA1Managed().ComputeHash(data);
    }
}""",
    ),
    misses=(
        """\
class Sums {
    byte[] Sum(byte[] data) {
        return SHA256.HashData(data);
    }
}""",
        """\
class Sums {
    string Name() {
        return "MD5";
    }
}""",
        """\
class Sums {
    byte[] Sum(HashAlgorithm MD5, byte[] data) {
        return MD5.ComputeHash(data);
    }
}""",
    ),
)
