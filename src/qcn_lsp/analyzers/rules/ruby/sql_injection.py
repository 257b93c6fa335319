"""SQL is put together from text."""

from qcn_lsp.analyzers.patterns import contains, either, every, has, kind, no, nth, text
from qcn_lsp.analyzers.rule import RUBY, Rule
from qcn_lsp.analyzers.rules.ruby._flow import CALLS, FLOW
from qcn_lsp.core.severity import Severity

_BUILT = either(
    every(kind("string"), contains(kind("interpolation")), no(text(r"quote|sanitize|to_i\}|table_name"))),
    every(
        kind("binary"),
        contains(kind("string")),
        contains(kind("identifier", "call", "element_reference")),
        no(text(r"quote|sanitize")),
    ),
)

RULE = Rule(
    id="ruby-sql-injection",
    languages=RUBY,
    cwe=89,
    severity=Severity.HIGH,
    message="SQL is put together from text",
    help='Pass values apart from the text: where("name = ?", name)',
    words=(
        "where",
        "find_by_sql",
        "execute",
        "order(",
        "select_all",
        "exec_query",
        "exists?",
        "joins",
        "update_all",
        "delete_all",
    ),
    rule=CALLS.to(
        r"^(where|not|find_by_sql|execute|exec_query|exec_params|select_all|select_values|select_rows|order|group|having|joins|pluck|update_all|delete_all|destroy_all|count_by_sql|exists\?|query)$",
        has(nth(1, either(_BUILT, FLOW.assigned(_BUILT)))),
    ),
    hits=(
        """\
def find(name)
  User.where("name = '#{name}'")
end""",
        """\
def find(name)
  sql = "SELECT * FROM users WHERE name = '" + name + "'"
  connection.execute(sql)
end""",
    ),
    misses=(
        """\
def find(name)
  User.where("name = ?", name)
end""",
        """\
def find(name)
  User.where(name: name)
end""",
        """\
def all
  connection.execute("SELECT * FROM users")
end""",
    ),
)
