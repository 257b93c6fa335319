"""A path is built from request data."""

from qcn_lsp.analyzers.patterns import either, every, has, nth, text
from qcn_lsp.analyzers.rule import RUBY, Rule
from qcn_lsp.analyzers.rules.ruby._flow import CALLS, FLOW, REQUEST
from qcn_lsp.core.severity import Severity

RULE = Rule(
    id="ruby-path-traversal",
    languages=RUBY,
    cwe=22,
    severity=Severity.HIGH,
    message="A path is built from request data",
    help="Keep only File.basename, or check the expanded path",
    words=("File", "send_file", "IO"),
    rule=either(
        every(
            CALLS.to(
                r"^(read|open|new|write|delete|readlines|binread)$",
                has(nth(1, FLOW.tainted(REQUEST, r"basename|to_i\b|sanitize|start_with"))),
            ),
            has(text(r"^(File|IO|Dir|FileUtils)$"), "receiver"),
        ),
        CALLS.to(r"^send_file$", has(nth(1, FLOW.tainted(REQUEST, r"basename|to_i\b|sanitize")))),
    ),
    hits=(
        """\
def show
  send_file "docs/#{params[:name]}"
end""",
        """\
def show
  name = params[:name]
  File.read(File.join("docs", name))
end""",
    ),
    misses=(
        """\
def show
  send_file File.join("docs", File.basename(params[:name]))
end""",
        """\
def show
  File.read("docs/index.html")
end""",
        """\
def show(doc)
  send_file doc.path
end""",
    ),
)
