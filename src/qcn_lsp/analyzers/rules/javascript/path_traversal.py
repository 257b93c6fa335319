"""A path is built from request data."""

from qcn_lsp.analyzers.patterns import has, nth
from qcn_lsp.analyzers.rule import JAVASCRIPT, Rule
from qcn_lsp.analyzers.rules.javascript._flow import CALLS, FLOW, REQUEST
from qcn_lsp.core.severity import Severity

RULE = Rule(
    id="javascript-path-traversal",
    languages=JAVASCRIPT,
    cwe=22,
    severity=Severity.HIGH,
    message="A path is built from request data",
    help="Keep only path.basename, or resolve the path and check that it is inside the directory",
    words=(
        "readFile",
        "writeFile",
        "createReadStream",
        "createWriteStream",
        "sendFile",
        "download",
        "unlink",
        "readdir",
    ),
    rule=CALLS.to(
        r"^((fs|fsp|fs\.promises|fsPromises)\.)?(readFile|readFileSync|writeFile|writeFileSync|appendFile|appendFileSync|createReadStream|createWriteStream|unlink|unlinkSync|readdir|readdirSync|rm|rmSync)$|^(res|response|reply)\.(sendFile|download)$",
        has(nth(1, FLOW.tainted(REQUEST, r"basename\(|startsWith\(|Number\(|parseInt\(|sanitize|safe|includes\("))),
    ),
    hits=(
        """\
app.get("/doc", (req, res) => {
  res.sendFile(path.join(ROOT, req.query.name));
});""",
        """\
async function read(req) {
  const file = `./uploads/${req.params.file}`;
  return fs.promises.readFile(file, "utf8");
}""",
    ),
    misses=(
        """\
app.get("/doc", (req, res) => {
  res.sendFile(path.join(ROOT, path.basename(req.query.name)));
});""",
        """\
async function save(req) {
  return fs.writeFile("./last.json", JSON.stringify(req.body));
}""",
        'const config = fs.readFileSync("./config.json", "utf8");',
    ),
)
