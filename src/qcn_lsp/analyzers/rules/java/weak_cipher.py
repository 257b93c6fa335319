"""The cipher is broken or shows patterns of the plaintext."""

from qcn_lsp.analyzers.patterns import every, has, nth, text
from qcn_lsp.analyzers.rule import JAVA, Rule
from qcn_lsp.analyzers.rules.java._flow import CALLS
from qcn_lsp.core.severity import Severity

RULE = Rule(
    id="java-weak-cipher",
    languages=JAVA,
    cwe=327,
    severity=Severity.MEDIUM,
    message="The cipher is broken or shows patterns of the plaintext",
    help="Use AES/GCM/NoPadding with a random nonce",
    words=("Cipher",),
    rule=every(
        CALLS.to(
            r"^getInstance$",
            has(nth(1, text(r"(?i)^\"(DES|DESede|RC4|RC2|ARCFOUR|Blowfish|AES|AES/ECB/.*|.*/ECB/.*)(/CBC/.*)?\"$"))),
        ),
        has(text(r"(^|\.)Cipher$"), "object"),
    ),
    hits=(
        """\
class Box {
    Cipher cipher() throws Exception {
        return Cipher.getInstance("DES");
    }
}""",
        """\
class Box {
    Cipher cipher() throws Exception {
        return Cipher.getInstance("AES/ECB/PKCS5Padding");
    }
}""",
    ),
    misses=(
        """\
class Box {
    Cipher cipher() throws Exception {
        return Cipher.getInstance("AES/GCM/NoPadding");
    }
}""",
        """\
class Box {
    Cipher cipher(String name) throws Exception {
        return Cipher.getInstance(name);
    }
}""",
        """\
class Box {
    KeyGenerator keys() throws Exception {
        return KeyGenerator.getInstance("AES");
    }
}""",
    ),
)
