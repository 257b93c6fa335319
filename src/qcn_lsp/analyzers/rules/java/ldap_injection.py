"""An LDAP filter is put together from text."""

from qcn_lsp.analyzers.patterns import contains, either, every, has, kind, no, text
from qcn_lsp.analyzers.rule import JAVA, Rule
from qcn_lsp.analyzers.rules.java._flow import CALLS, FLOW
from qcn_lsp.core.severity import Severity

_BUILT = every(
    kind("binary_expression"), text(r"^\"\([&|!]?\(?\w+="), contains(kind("identifier")), no(text(r"(?i)escape|encode"))
)

RULE = Rule(
    id="java-ldap-injection",
    languages=JAVA,
    cwe=90,
    severity=Severity.HIGH,
    message="An LDAP filter is put together from text",
    help="Use a filter with {0} and arguments, or escape each value",
    words=("search",),
    rule=CALLS.to(r"^search$", has(either(_BUILT, FLOW.assigned(_BUILT)))),
    hits=(
        """\
class People {
    Object find(DirContext context, String name) throws Exception {
        return context.search(BASE, "(uid=" + name + ")", controls);
    }
}""",
        """\
class People {
    Object find(DirContext context, String name) throws Exception {
        String filter = "(&(objectClass=person)(uid=" + name + "))";
        return context.search(BASE, filter, controls);
    }
}""",
    ),
    misses=(
        """\
class People {
    Object find(DirContext context, String name) throws Exception {
        return context.search(BASE, "(uid={0})", new Object[] {name}, controls);
    }
}""",
        """\
class People {
    Object find(DirContext context, String name) throws Exception {
        return context.search(BASE, "(uid=" + escapeFilter(name) + ")", controls);
    }
}""",
        """\
class People {
    Object find(Index index, String name) {
        return index.search("uid " + name);
    }
}""",
    ),
)
