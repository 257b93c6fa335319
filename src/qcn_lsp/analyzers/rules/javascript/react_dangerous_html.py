"""React puts this text into the page without escaping."""

from qcn_lsp.analyzers.patterns import contains, every, has, kind, no, text
from qcn_lsp.analyzers.rule import Rule
from qcn_lsp.core.severity import Severity

RULE = Rule(
    id="javascript-react-dangerous-html",
    languages=("javascript", "javascriptreact", "typescriptreact"),
    cwe=79,
    severity=Severity.HIGH,
    message="React puts this text into the page without escaping",
    help="Render it as a child, or sanitize the markup first",
    words=("dangerouslySetInnerHTML",),
    rule=every(
        kind("jsx_attribute"),
        text(r"^dangerouslySetInnerHTML"),
        no(text(r"(?i)sanitize|purify|escape|trusted|JSON\.stringify")),
        contains(
            every(
                kind("pair"),
                has(text(r"^__html$"), "key"),
                has(every(no(kind("string")), no(text(r"^[A-Z][A-Z0-9_]*$|^`[^$]*`$"))), "value"),
            )
        ),
    ),
    hits=(
        "const Review = ({ review }) => <div dangerouslySetInnerHTML={{ __html: review.text }} />;",
        """\
function Page(props) {
  return <main dangerouslySetInnerHTML={{ __html: `<p>${props.body}</p>` }} />;
}""",
    ),
    misses=(
        "const Review = ({ review }) => <div>{review.text}</div>;",
        "const Review = ({ review }) => <div dangerouslySetInnerHTML={{ __html: DOMPurify.sanitize(review.text) }} />;",
        'const Rule = () => <div dangerouslySetInnerHTML={{ __html: "<hr>" }} />;',
    ),
)
