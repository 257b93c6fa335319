"""An XPath expression is put together from text."""

from qcn_lsp.analyzers.patterns import contains, either, every, has, kind, nth, text
from qcn_lsp.analyzers.rule import JAVA, Rule
from qcn_lsp.analyzers.rules.java._flow import CALLS, FLOW
from qcn_lsp.core.severity import Severity

_BUILT = every(kind("binary_expression"), text(r"^\"/{1,2}|\[@?\w+ *="), contains(kind("identifier")))

RULE = Rule(
    id="java-xpath-injection",
    languages=JAVA,
    cwe=643,
    severity=Severity.HIGH,
    message="An XPath expression is put together from text",
    help="Set an XPathVariableResolver and use variables",
    words=("evaluate", "compile", "selectNodes", "selectSingleNode"),
    rule=every(
        CALLS.to(
            r"^(evaluate|compile|selectNodes|selectSingleNode)$",
            has(nth(1, either(_BUILT, FLOW.assigned(_BUILT)))),
        ),
        has(text(r"(?i)xpath|doc|root|node"), "object"),
    ),
    hits=(
        """\
class People {
    String find(XPath xpath, Document document, String name) throws Exception {
        return xpath.evaluate("//user[@name='" + name + "']", document);
    }
}""",
        """\
class People {
    XPathExpression find(XPath xpath, String name) throws Exception {
        String expression = "/users/user[name='" + name + "']";
        return xpath.compile(expression);
    }
}""",
    ),
    misses=(
        """\
class People {
    String find(XPath xpath, Document document) throws Exception {
        return xpath.evaluate("//user[@name=$name]", document);
    }
}""",
        """\
class People {
    Pattern find(String name) {
        return Pattern.compile("//" + name);
    }
}""",
        """\
class People {
    String all(XPath xpath, Document document) throws Exception {
        return xpath.evaluate("//user" + "/name", document);
    }
}""",
    ),
)
