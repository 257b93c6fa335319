"""Certificates are accepted without a check."""

from qcn_lsp.analyzers.patterns import either, every, has, kind, text
from qcn_lsp.analyzers.rule import JAVA, Rule
from qcn_lsp.analyzers.rules.java._flow import CALLS
from qcn_lsp.core.severity import Severity

RULE = Rule(
    id="java-trust-all-certificates",
    languages=JAVA,
    cwe=295,
    severity=Severity.HIGH,
    message="Certificates are accepted without a check",
    help="Use the platform's trust manager, and add the authority to its store",
    words=("checkServerTrusted", "HostnameVerifier", "NoopHostnameVerifier", "TrustAllStrategy"),
    rule=either(
        every(
            kind("method_declaration"),
            has(text(r"^checkServerTrusted$"), "name"),
            has(text(r"^\{\s*(//[^\n]*\s*)?(return;)?\s*\}$"), "body"),
        ),
        every(
            CALLS.to(
                r"^(setHostnameVerifier|setDefaultHostnameVerifier|hostnameVerifier)$",
                has(every(kind("lambda_expression"), has(text(r"^true$"), "body"))),
            )
        ),
        every(kind("field_access"), text(r"NoopHostnameVerifier\.INSTANCE$|TrustAllStrategy\.INSTANCE$")),
    ),
    hits=(
        """\
class Trust implements X509TrustManager {
    public void checkServerTrusted(X509Certificate[] chain, String kind) {}
}""",
        """\
class Client {
    void open(HttpsURLConnection connection) {
        connection.setHostnameVerifier((host, session) -> true);
    }
}""",
    ),
    misses=(
        """\
class Trust implements X509TrustManager {
    public void checkServerTrusted(X509Certificate[] chain, String kind) throws CertificateException {
        inner.checkServerTrusted(chain, kind);
    }
}""",
        """\
class Client {
    void open(HttpsURLConnection connection) {
        connection.setHostnameVerifier(VERIFIER);
    }
}""",
        """\
class Trust implements X509TrustManager {
    public X509Certificate[] getAcceptedIssuers() { return new X509Certificate[0]; }
}""",
    ),
)
