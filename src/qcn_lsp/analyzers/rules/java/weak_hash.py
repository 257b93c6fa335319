"""The hash function is broken."""

from qcn_lsp.analyzers.patterns import either, every, has, nth, text
from qcn_lsp.analyzers.rule import JAVA, Rule
from qcn_lsp.analyzers.rules.java._flow import CALLS
from qcn_lsp.core.severity import Severity

RULE = Rule(
    id="java-weak-hash",
    languages=JAVA,
    cwe=328,
    severity=Severity.MEDIUM,
    message="The hash function is broken",
    help="Use SHA-256 or better, or bcrypt for passwords",
    words=("getInstance", "DigestUtils", "Hashing"),
    rule=either(
        every(
            CALLS.to(r"^getInstance$", has(nth(1, text(r"(?i)^\"(md2|md4|md5|sha-?1)\"$")))),
            has(text(r"MessageDigest$"), "object"),
        ),
        every(CALLS.to(r"^(md5|md5Hex|sha1|sha1Hex)$"), has(text(r"^(DigestUtils|Hashing)$"), "object")),
    ),
    hits=(
        """\
class Sums {
    byte[] sum(byte[] data) throws Exception {
        return MessageDigest.getInstance("MD5").digest(data);
    }
}""",
        """\
class Sums {
    String sum(byte[] data) {
        return DigestUtils.sha1Hex(data);
    }
}""",
    ),
    misses=(
        """\
class Sums {
    byte[] sum(byte[] data) throws Exception {
        return MessageDigest.getInstance("SHA-256").digest(data);
    }
}""",
        """\
class Sums {
    byte[] sum(byte[] data, String name) throws Exception {
        return MessageDigest.getInstance(name).digest(data);
    }
}""",
        """\
class Sums {
    Calendar now() {
        return Calendar.getInstance("MD5");
    }
}""",
    ),
)
