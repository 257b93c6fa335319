"""The target of a redirect comes from the request."""

from qcn_lsp.analyzers.patterns import either, every, has, kind, nth, text
from qcn_lsp.analyzers.rule import JAVA, Rule
from qcn_lsp.analyzers.rules.java._flow import CALLS, FLOW, REQUEST
from qcn_lsp.core.severity import Severity

RULE = Rule(
    id="java-open-redirect",
    languages=JAVA,
    cwe=601,
    severity=Severity.MEDIUM,
    message="The target of a redirect comes from the request",
    help="Redirect to a name you look up, or check that the URL is relative to this site",
    words=("sendRedirect", "redirect:"),
    rule=either(
        CALLS.to(
            r"^sendRedirect$",
            has(nth(1, FLOW.tainted(REQUEST, r"(?i)safe|allowed|valid|encode|^\"/\w|getContextPath"))),
        ),
        every(
            kind("return_statement"),
            has(
                every(
                    kind("binary_expression"),
                    has(text(r"^\"redirect:\"$"), "left"),
                    FLOW.tainted(REQUEST, r"(?i)safe|allowed|valid"),
                )
            ),
        ),
    ),
    hits=(
        """\
class Out extends HttpServlet {
    void doGet(HttpServletRequest request, HttpServletResponse response) throws IOException {
        response.sendRedirect(request.getParameter("next"));
    }
}""",
        """\
class Out {
    @GetMapping("/out")
    String out(@RequestParam String next) {
        return "redirect:" + next;
    }
}""",
    ),
    misses=(
        """\
class Out extends HttpServlet {
    void doGet(HttpServletRequest request, HttpServletResponse response) throws IOException {
        response.sendRedirect("/home");
    }
}""",
        """\
class Out extends HttpServlet {
    void doGet(HttpServletRequest request, HttpServletResponse response) throws IOException {
        response.sendRedirect("/orders/" + request.getParameter("id"));
    }
}""",
        """\
class Out {
    String out(Settings settings) {
        return "redirect:" + settings.home();
    }
}""",
    ),
)
