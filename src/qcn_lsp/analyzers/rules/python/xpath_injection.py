"""An XPath expression is put together from text."""

from qcn_lsp.analyzers.patterns import contains, either, every, has, kind, nth, text
from qcn_lsp.analyzers.rule import PYTHON, Rule
from qcn_lsp.analyzers.rules.python._flow import CALLS, FLOW
from qcn_lsp.core.severity import Severity

_BUILT = either(
    every(kind("string"), has(kind("interpolation"))),
    every(kind("binary_operator"), contains(kind("string")), contains(kind("identifier"))),
    every(kind("call"), has(text(r"[\"']\.format$"), "function")),
)
_PATH = either(_BUILT, FLOW.assigned(_BUILT))

RULE = Rule(
    id="python-xpath-injection",
    languages=PYTHON,
    cwe=643,
    severity=Severity.HIGH,
    message="An XPath expression is put together from text",
    help='Pass the value as a variable of the expression, as in xpath("//a[@id=$id]", id=value)',
    words=("xpath", "findall", "find("),
    rule=either(
        CALLS.to(r"\.xpath$|(^|\.)XPath$", has(nth(1, _PATH))),
        CALLS.to(r"\.(find|findall|iterfind)$", has(nth(1, every(_BUILT, text(r"\[[@\w]+ *= *['\"]?"))))),
    ),
    hits=(
        """\
def user(tree, name):
    return tree.xpath("//user[@name='" + name + "']")""",
        """\
def user(tree, name):
    query = f"//user[@name='{name}']"
    return tree.xpath(query)""",
        """\
def user(root, name):
    return root.find(f".//user[@name='{name}']")""",
    ),
    misses=(
        """\
def user(tree, name):
    return tree.xpath("//user[@name=$name]", name=name)""",
        """\
def users(tree):
    return tree.xpath("//user")""",
        """\
def where(haystack, needle):
    return haystack.find(f"{needle}=")""",
    ),
)
