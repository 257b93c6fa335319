"""A path is built from request data."""

from qcn_lsp.analyzers.patterns import either, every, has, kind, text
from qcn_lsp.analyzers.rule import PYTHON, Rule
from qcn_lsp.analyzers.rules.python._flow import CALLS, FLOW, REQUEST
from qcn_lsp.core.severity import Severity

_SAFE = r"secure_filename|safe_join|\bbasename|is_relative_to|\.resolve\(|realpath|\bint\(|uuid|\.hexdigest"
_PATH = FLOW.tainted(REQUEST, _SAFE)

RULE = Rule(
    id="python-path-traversal",
    languages=PYTHON,
    cwe=22,
    severity=Severity.HIGH,
    message="A path is built from request data",
    help="Keep only the base name, or resolve the path and check that it is inside the directory",
    words=(
        "open(",
        "send_file",
        "FileResponse",
        "remove",
        "unlink",
        "rmtree",
        "read_text",
        "read_bytes",
        "write_text",
        "write_bytes",
        "listdir",
        "ZipFile",
        "copy",
    ),
    rule=either(
        CALLS.to(
            r"^(open|io\.open|codecs\.open|os\.(remove|unlink|rename|listdir|scandir|open|makedirs|rmdir)|shutil\.(copy\w*|move|rmtree)|(flask\.)?send_file|FileResponse|(zipfile\.)?ZipFile)$",
            _PATH,
        ),
        every(
            kind("call"),
            has(
                every(kind("attribute"), text(r"\.(open|read_text|read_bytes|write_text|write_bytes|unlink)$"), _PATH),
                "function",
            ),
        ),
    ),
    hits=(
        """\
def show():
    name = request.args["name"]
    with open(os.path.join(BASE, name)) as stream:
        return stream.read()""",
        """\
@app.route("/files/<name>")
def download(name):
    return send_file(f"/srv/files/{name}")""",
        """\
def read(request):
    return (ROOT / request.GET["doc"]).read_text()""",
    ),
    misses=(
        """\
def show():
    name = secure_filename(request.args["name"])
    return open(os.path.join(BASE, name)).read()""",
        """\
def show():
    return open("/etc/motd").read()""",
        """\
@app.route("/files/<int:number>")
def download(number):
    return send_file(f"/srv/files/{number}.pdf")""",
        """\
def load(settings):
    return open(settings.path).read()""",
    ),
)
