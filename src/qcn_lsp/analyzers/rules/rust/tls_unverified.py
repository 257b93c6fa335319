"""The server's certificate is not checked."""

from qcn_lsp.analyzers.patterns import has, text
from qcn_lsp.analyzers.rule import RUST, Rule
from qcn_lsp.analyzers.rules.rust._flow import CALLS
from qcn_lsp.core.severity import Severity

RULE = Rule(
    id="rust-tls-unverified",
    languages=RUST,
    cwe=295,
    severity=Severity.MEDIUM,
    message="The server's certificate is not checked",
    help="Leave the check on, and add the authority with add_root_certificate",
    words=("danger_accept_invalid",),
    rule=CALLS.to(r"\.danger_accept_invalid_(certs|hostnames)$", has(text(r"^true$"))),
    hits=(
        """\
fn client() -> Client {
    Client::builder().danger_accept_invalid_certs(true).build().unwrap()
}""",
        """\
fn client() -> Client {
    Client::builder().danger_accept_invalid_hostnames(true).build().unwrap()
}""",
    ),
    misses=(
        """\
fn client() -> Client {
    Client::builder().danger_accept_invalid_certs(false).build().unwrap()
}""",
        """\
fn client() -> Client {
    Client::builder().https_only(true).build().unwrap()
}""",
        """\
fn client(insecure: bool) -> Client {
    Client::builder().danger_accept_invalid_certs(insecure).build().unwrap()
}""",
    ),
)
