"""Any site may read the answers, with the visitor's cookies."""

from qcn_lsp.analyzers.patterns import either, every, has, kind, nth, text
from qcn_lsp.analyzers.rule import JAVASCRIPT, Rule
from qcn_lsp.analyzers.rules.javascript._flow import CALLS, FLOW
from qcn_lsp.core.severity import Severity

RULE = Rule(
    id="javascript-cors-reflection",
    languages=JAVASCRIPT,
    cwe=942,
    severity=Severity.MEDIUM,
    message="Any site may read the answers, with the visitor's cookies",
    help="Allow a fixed list of origins",
    words=("Access-Control-Allow-Origin", "cors("),
    rule=either(
        CALLS.to(
            r"\.(setHeader|header|set)$",
            has(nth(1, text(r"(?i)^[\"']Access-Control-Allow-Origin[\"']$"))),
            has(
                nth(
                    2,
                    either(
                        text(
                            r"(?i)^req(uest)?\.(headers(\.origin|\[[\"']origin[\"']\])|get\([\"']origin[\"']\)|header\([\"']origin[\"']\))$"
                        ),
                        FLOW.assigned(
                            text(
                                r"(?i)^req(uest)?\.(headers(\.origin|\[[\"']origin[\"']\])|get\([\"']origin[\"']\)|header\([\"']origin[\"']\))$"
                            ),
                        ),
                    ),
                )
            ),
        ),
        CALLS.to(
            r"^cors$",
            has(
                every(
                    kind("object"),
                    has(every(kind("pair"), text(r"^origin *: *true$"))),
                    has(every(kind("pair"), text(r"^credentials *: *true$"))),
                )
            ),
        ),
    ),
    hits=(
        """\
app.use((req, res, next) => {
  res.setHeader("Access-Control-Allow-Origin", req.headers.origin);
  next();
});""",
        "app.use(cors({ origin: true, credentials: true }));",
    ),
    misses=(
        """\
app.use((req, res, next) => {
  res.setHeader("Access-Control-Allow-Origin", "https://shop.example.com");
  next();
});""",
        'app.use(cors({ origin: ["https://shop.example.com"], credentials: true }));',
        "app.use(cors());",
    ),
)
