"""The server requests a URL that comes from the request."""

from qcn_lsp.analyzers.patterns import either, every, has, kind, no, nth, text
from qcn_lsp.analyzers.rule import JAVASCRIPT, Rule
from qcn_lsp.analyzers.rules.javascript._flow import CALLS, FLOW, REQUEST
from qcn_lsp.core.severity import Severity

_URL = FLOW.tainted(REQUEST, r"(?i)allowed|encodeURIComponent|^[`\"']https?://[\w.-]+(:\d+)?/|^`\$\{[A-Z_]+\}/")

RULE = Rule(
    id="javascript-ssrf",
    languages=JAVASCRIPT,
    cwe=918,
    severity=Severity.HIGH,
    message="The server requests a URL that comes from the request",
    help="Look the address up in a list of allowed hosts",
    words=("fetch", "axios", "got", "http", "request", "needle", "superagent"),
    rule=either(
        CALLS.to(
            r"^(fetch|axios|got|needle|request|superagent|axios\.(get|post|put|delete|head|patch)|got\.(get|post|stream)|https?\.(get|request)|request\.(get|post)|superagent\.(get|post)|needle\.get)$",
            has(nth(1, every(_URL, no(kind("object"))))),
        ),
        CALLS.to(
            r"^(axios|got|request|axios\.request)$",
            has(
                every(
                    kind("object"),
                    has(every(kind("pair"), has(text(r"^(url|uri|baseURL)$"), "key"), has(_URL, "value"))),
                )
            ),
        ),
    ),
    hits=(
        """\
app.get("/proxy", async (req, res) => {
  const answer = await fetch(req.query.url);
  res.json(await answer.json());
});""",
        """\
async function avatar(req) {
  const url = "http://" + req.body.host + "/avatar.png";
  return axios.get(url, { responseType: "stream" });
}""",
    ),
    misses=(
        """\
async function avatar(req) {
  return axios.get(`https://cdn.example.com/${req.params.id}`);
}""",
        """\
async function save(req) {
  return axios.post(API, req.body);
}""",
        """\
async function load(item) {
  return fetch(item.url);
}""",
    ),
)
