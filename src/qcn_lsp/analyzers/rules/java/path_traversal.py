"""A path is built from request data."""

from qcn_lsp.analyzers.patterns import either, every, has, inside, kind, no, text
from qcn_lsp.analyzers.rule import JAVA, Rule
from qcn_lsp.analyzers.rules.java._flow import CALLS, FLOW, NEWS, REQUEST
from qcn_lsp.core.severity import Severity

RULE = Rule(
    id="java-path-traversal",
    languages=JAVA,
    cwe=22,
    severity=Severity.HIGH,
    message="A path is built from request data",
    help="Keep only the file name, or normalize the path and check that it starts with the directory",
    words=("File", "Path", "FileInputStream", "Paths"),
    rule=every(
        either(
            NEWS.to(
                r"^(java\.io\.)?(File|FileInputStream|FileOutputStream|FileReader|FileWriter)$",
                FLOW.tainted(REQUEST, r"getFileName\(|getName\(|Integer\.|Long\.|normalize|sanitize"),
            ),
            every(
                CALLS.to(r"^(get|of)$", FLOW.tainted(REQUEST, r"getFileName\(|Integer\.|Long\.")),
                has(text(r"^Paths?$"), "object"),
            ),
        ),
        no(inside(every(kind("method_declaration"), text(r"\.startsWith\(|getCanonicalPath")))),
    ),
    hits=(
        """\
class Docs extends HttpServlet {
    void doGet(HttpServletRequest request, HttpServletResponse response) throws IOException {
        Files.copy(Paths.get("docs", request.getParameter("name")), response.getOutputStream());
    }
}""",
        """\
class Docs extends HttpServlet {
    void doGet(HttpServletRequest request, HttpServletResponse response) throws IOException {
        String name = request.getParameter("name");
        InputStream input = new FileInputStream("docs/" + name);
    }
}""",
    ),
    misses=(
        """\
class Docs extends HttpServlet {
    void doGet(HttpServletRequest request, HttpServletResponse response) throws IOException {
        Path path = ROOT.resolve(request.getParameter("name")).normalize();
        if (path.startsWith(ROOT)) Files.copy(path, response.getOutputStream());
    }
}""",
        """\
class Docs {
    InputStream open() throws IOException {
        return new FileInputStream("docs/index.html");
    }
}""",
        """\
class Docs {
    InputStream open(String name) throws IOException {
        return new FileInputStream(name);
    }
}""",
    ),
)
