"""The target of a redirect comes from the request."""

from qcn_lsp.analyzers.patterns import either, every, has, kind, no, text
from qcn_lsp.analyzers.rule import JAVASCRIPT, Rule
from qcn_lsp.analyzers.rules.javascript._flow import CALLS, FLOW, REQUEST
from qcn_lsp.core.severity import Severity

_SAFE = r"(?i)safe|allowed|validate|isRelative|encodeURIComponent|^[`\"']/\w"
_BROWSER = every(
    kind("call_expression"),
    has(text(r"^(new URLSearchParams\(.*\)|\w*[pP]arams|(\w+\.)*searchParams)\.get$"), "function"),
)

RULE = Rule(
    id="javascript-open-redirect",
    languages=JAVASCRIPT,
    cwe=601,
    severity=Severity.MEDIUM,
    message="The target of a redirect comes from the request",
    help="Redirect to a name you look up, or check that the URL is relative to this site",
    words=("redirect", "location"),
    rule=either(
        CALLS.to(
            r"^(res|response|reply|ctx|NextResponse|Response)\.redirect$",
            has(every(no(kind("number")), FLOW.tainted(REQUEST, _SAFE), no(text(r"^[`\"']/\w")))),
        ),
        every(
            kind("assignment_expression"),
            has(text(r"^(window\.|document\.|self\.|top\.)?location(\.href)?$"), "left"),
            has(FLOW.tainted(_BROWSER, _SAFE), "right"),
        ),
        CALLS.to(r"^(window\.|document\.)?location\.(assign|replace)$", has(FLOW.tainted(_BROWSER, _SAFE))),
    ),
    hits=(
        'app.get("/out", (req, res) => res.redirect(req.query.url));',
        """\
function login(req, res) {
  const next = req.body.next || "/";
  res.redirect(302, next);
}""",
        """\
const next = new URLSearchParams(location.search).get("next");
window.location.href = next;""",
    ),
    misses=(
        'app.get("/out", (req, res) => res.redirect("/home"));',
        'app.get("/out", (req, res) => res.redirect(`/orders/${req.params.id}`));',
        """\
function login(req, res) {
  const next = safePath(req.body.next);
  res.redirect(next);
}""",
        """\
function go(next) {
  window.location.href = next.href;
}""",
    ),
)
