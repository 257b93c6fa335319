"""A downloaded script is run without a check."""

from qcn_lsp.analyzers.patterns import either, every, has, kind, text
from qcn_lsp.analyzers.rule import SHELL, Rule
from qcn_lsp.core.severity import Severity

RULE = Rule(
    id="shellscript-piped-download",
    languages=SHELL,
    cwe=494,
    severity=Severity.MEDIUM,
    message="A downloaded script is run without a check",
    help="Download it, compare its checksum, then run it",
    words=("curl", "wget"),
    rule=every(
        kind("pipeline"),
        has(every(kind("command"), has(text(r"^(curl|wget)$"), "name"))),
        has(
            every(
                kind("command"),
                either(
                    has(text(r"^(ba|z|da)?sh$"), "name"),
                    every(has(text(r"^sudo$"), "name"), text(r"^sudo +(-\w+ +)*(ba|z|da)?sh\b")),
                ),
            )
        ),
    ),
    hits=(
        "curl -fsSL https://example.com/install.sh | sh",
        "wget -qO- https://example.com/install.sh | sudo bash -s -- -y",
    ),
    misses=(
        "curl -fsSL https://example.com/data.json | jq .",
        "curl -fsSLo install.sh https://example.com/install.sh",
        "cat install.sh | sh",
    ),
)
