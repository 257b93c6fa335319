"""What ruff's security rules (`S`, after bandit) mean: weakness, severity, and our own words for a reviewer.

`RULES` and `EXCLUDED` together name every rule of the group that ruff knows, so a new one cannot be overlooked.
"""

from dataclasses import dataclass

from qcn_lsp.core.severity import Severity


@dataclass(frozen=True, slots=True)
class RuffRule:
    """One of ruff's rules: the weakness' number, how bad, what is wrong, and what to write instead."""

    cwe: int
    severity: Severity
    message: str
    help: str


_LOW, _MEDIUM, _HIGH, _CRITICAL = Severity.LOW, Severity.MEDIUM, Severity.HIGH, Severity.CRITICAL
_XML_HELP = "Parse untrusted XML with defusedxml, or switch off DTDs and entities"
_PASSWORD_HELP = "Read the secret from the environment or a secret store, and replace it: it is known now"  # noqa: S105 - advice
_SHELL_HELP = "Pass a list of arguments and no shell"


def _xml(what: str) -> RuffRule:
    return RuffRule(611, _MEDIUM, f"{what} may resolve entities in untrusted XML", _XML_HELP)


RULES = {
    "S102": RuffRule(95, _HIGH, "exec runs text as code", "Dispatch on known names instead of running text"),
    "S103": RuffRule(732, _MEDIUM, "The file becomes accessible to other users", "Grant no more than 0o600 or 0o700"),
    "S104": RuffRule(1327, _LOW, "The service listens on every network interface", "Bind to the address that is meant"),
    "S105": RuffRule(798, _MEDIUM, "A password or secret is written in the code", _PASSWORD_HELP),
    "S106": RuffRule(798, _MEDIUM, "A password or secret is passed as a literal", _PASSWORD_HELP),
    "S107": RuffRule(798, _MEDIUM, "A password or secret is a parameter's default", _PASSWORD_HELP),
    "S108": RuffRule(377, _LOW, "A predictable name in a shared temporary directory", "Use the tempfile module"),
    "S110": RuffRule(390, _LOW, "Every error is swallowed without a trace", "Catch what is expected and log the rest"),
    "S112": RuffRule(390, _LOW, "Every error is skipped without a trace", "Catch what is expected and log the rest"),
    "S113": RuffRule(1088, _LOW, "The request may wait forever", "Pass a timeout"),
    "S201": RuffRule(489, _HIGH, "Flask's debugger lets visitors run code", "Leave debug off outside development"),
    "S202": RuffRule(22, _MEDIUM, "An archive may write outside its directory", "Extract with filter='data'"),
    "S301": RuffRule(
        502, _HIGH, "Unpickling data may run code in it", "Exchange data as JSON, or check a signature first"
    ),
    "S302": RuffRule(502, _HIGH, "marshal is not safe on untrusted data", "Exchange data as JSON"),
    "S303": RuffRule(328, _MEDIUM, "The hash function is broken", "Use SHA-256 or better"),
    "S304": RuffRule(327, _MEDIUM, "The cipher is broken", "Use AES-GCM or ChaCha20-Poly1305"),
    "S305": RuffRule(327, _MEDIUM, "ECB mode shows patterns of the plaintext", "Use an authenticated mode such as GCM"),
    "S306": RuffRule(377, _MEDIUM, "mktemp leaves time for another process to take the name", "Use tempfile.mkstemp"),
    "S307": RuffRule(95, _HIGH, "eval runs text as code", "Use ast.literal_eval or a parser"),
    "S308": RuffRule(79, _MEDIUM, "mark_safe turns off escaping for this text", "Build HTML with format_html"),
    "S310": RuffRule(918, _LOW, "The URL's scheme is not checked: file: works too", "Allow http and https only"),
    "S311": RuffRule(338, _LOW, "These random numbers can be predicted", "Use the secrets module for anything secret"),
    "S312": RuffRule(319, _MEDIUM, "Telnet sends everything in clear text", "Use SSH"),
    "S313": _xml("xml.etree.cElementTree"),
    "S314": _xml("xml.etree.ElementTree"),
    "S315": _xml("xml.sax.expatreader"),
    "S316": _xml("xml.dom.expatbuilder"),
    "S317": _xml("xml.sax"),
    "S318": _xml("xml.dom.minidom"),
    "S319": _xml("xml.dom.pulldom"),
    "S321": RuffRule(319, _MEDIUM, "FTP sends everything in clear text", "Use SFTP or HTTPS"),
    "S323": RuffRule(295, _MEDIUM, "The TLS context checks no certificates", "Use ssl.create_default_context"),
    "S324": RuffRule(328, _MEDIUM, "The hash function is broken", "Use SHA-256 or better, or usedforsecurity=False"),
    "S501": RuffRule(
        295, _MEDIUM, "The server's certificate is not checked", "Leave verify on, or give it a CA bundle"
    ),
    "S502": RuffRule(327, _MEDIUM, "The TLS version is broken", "Ask for TLS 1.2 or later"),
    "S503": RuffRule(327, _MEDIUM, "The default TLS version is broken", "Ask for TLS 1.2 or later"),
    "S504": RuffRule(327, _LOW, "The TLS version is left open", "Use ssl.create_default_context"),
    "S505": RuffRule(326, _MEDIUM, "The key is too short", "Use RSA with 3072 bits, or an elliptic curve of 256"),
    "S506": RuffRule(502, _HIGH, "This YAML loader makes any object a document asks for", "Use yaml.safe_load"),
    "S507": RuffRule(295, _MEDIUM, "The SSH server's host key is not checked", "Load known hosts and reject others"),
    "S508": RuffRule(319, _MEDIUM, "SNMP before version 3 sends its password in clear text", "Use SNMPv3"),
    "S509": RuffRule(319, _MEDIUM, "SNMPv3 runs without encryption or without a login", "Give it both keys"),
    "S601": RuffRule(78, _HIGH, "A remote command is built from text", "Quote each part with shlex.quote"),
    "S602": RuffRule(78, _HIGH, "A command is run by a shell", _SHELL_HELP),
    "S604": RuffRule(78, _MEDIUM, "A call asks for a shell", _SHELL_HELP),
    "S605": RuffRule(78, _HIGH, "A command is run by a shell", _SHELL_HELP),
    "S608": RuffRule(89, _HIGH, "SQL is put together from text", "Pass values as parameters of the query"),
    "S609": RuffRule(78, _MEDIUM, "A file name that starts with a dash becomes an option", "Expand names in Python"),
    "S610": RuffRule(89, _HIGH, "extra() puts raw SQL into the query", "Use annotate, or pass values as params"),
    "S611": RuffRule(89, _HIGH, "RawSQL takes SQL as it is", "Pass values as params"),
    "S612": RuffRule(
        502, _HIGH, "logging.config.listen runs code that it receives", "Pass verify and check a signature"
    ),
    "S701": RuffRule(79, _HIGH, "Templates are rendered without escaping", "Use autoescape=select_autoescape()"),
    "S702": RuffRule(79, _MEDIUM, "Mako escapes nothing unless told to", "Set default_filters=['h']"),
    "S704": RuffRule(79, _MEDIUM, "Markup declares text safe that may not be", "Escape it, or use Markup.format"),
}
"""The rules whose findings become candidates."""

_IMPORT_ONLY = "an import is no flaw; using the module is found where it happens"

EXCLUDED = {
    "S101": "asserts are everywhere in tests and rarely guard anything a reviewer should be called for",
    "S603": "fires on every call without a shell, which is the right way to run a program",
    "S606": "fires on starting a program without a shell, which is the right way",
    "S607": "a program found on PATH is usual; whoever controls PATH has won already",
    "S320": "removed from ruff: lxml no longer resolves entities by default",
    "S401": _IMPORT_ONLY,
    "S402": _IMPORT_ONLY,
    "S403": _IMPORT_ONLY,
    "S404": _IMPORT_ONLY,
    "S405": _IMPORT_ONLY,
    "S406": _IMPORT_ONLY,
    "S407": _IMPORT_ONLY,
    "S408": _IMPORT_ONLY,
    "S409": _IMPORT_ONLY,
    "S410": "removed from ruff: lxml no longer resolves entities by default",
    "S411": _IMPORT_ONLY,
    "S412": _IMPORT_ONLY,
    "S413": _IMPORT_ONLY,
    "S415": _IMPORT_ONLY,
}
"""The rules that are left out, each with its reason."""
