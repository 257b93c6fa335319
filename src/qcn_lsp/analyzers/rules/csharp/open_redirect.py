"""The target of a redirect comes from the request."""

from qcn_lsp.analyzers.patterns import has, nth
from qcn_lsp.analyzers.rule import CSHARP, Rule
from qcn_lsp.analyzers.rules.csharp._flow import CALLS, FLOW, REQUEST
from qcn_lsp.core.severity import Severity

RULE = Rule(
    id="csharp-open-redirect",
    languages=CSHARP,
    cwe=601,
    severity=Severity.MEDIUM,
    message="The target of a redirect comes from the request",
    help="Use LocalRedirect",
    words=("Redirect",),
    rule=CALLS.to(
        r"(^|\.)Redirect(Permanent)?$", has(nth(1, FLOW.tainted(REQUEST, r"(?i)IsLocalUrl|safe|allowed|^[$@]*\"/\w")))
    ),
    hits=(
        """\
class Out : Controller {
    IActionResult Go() {
        return Redirect(Request.Query["next"]);
    }
}""",
        """\
class Out : Controller {
    IActionResult Go() {
        var next = Request.Form["next"].ToString();
        return Redirect(next);
    }
}""",
    ),
    misses=(
        """\
class Out : Controller {
    IActionResult Go() {
        return LocalRedirect(Request.Query["next"]);
    }
}""",
        """\
class Out : Controller {
    IActionResult Go() {
        return Redirect("/home");
    }
}""",
        """\
class Out : Controller {
    IActionResult Go(Settings settings) {
        return Redirect(settings.Home);
    }
}""",
    ),
)
