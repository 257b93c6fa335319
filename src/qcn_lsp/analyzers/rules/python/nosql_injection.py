"""Request data becomes part of a database query as it is, operators included."""

from qcn_lsp.analyzers.patterns import contains, either, every, has, kind, nth
from qcn_lsp.analyzers.rule import PYTHON, Rule
from qcn_lsp.analyzers.rules.python._flow import CALLS, FLOW, JSON_BODY
from qcn_lsp.core.severity import Severity

RULE = Rule(
    id="python-nosql-injection",
    languages=PYTHON,
    cwe=943,
    severity=Severity.HIGH,
    message="Request data becomes part of a database query as it is, operators included",
    help="Convert each value to the type that is meant, such as str(value)",
    words=("find", "aggregate", "update_one", "update_many", "delete_one", "delete_many"),
    rule=CALLS.to(
        r"\.(find|find_one|find_one_and_update|aggregate|update_one|update_many|delete_one|delete_many|count_documents)$",
        has(
            nth(
                1,
                either(
                    every(
                        kind("dictionary"),
                        contains(
                            every(kind("pair"), has(FLOW.tainted(JSON_BODY, r"\b(str|int|ObjectId|escape)\("), "value"))
                        ),
                    ),
                    every(kind("identifier", "attribute", "call"), FLOW.tainted(JSON_BODY, r"\b(str|int|ObjectId)\(")),
                ),
            )
        ),
    ),
    hits=(
        """\
def login():
    return users.find_one({"name": request.json["name"], "pin": request.json["pin"]})""",
        """\
def search():
    criteria = request.get_json()
    return list(db.items.find(criteria))""",
    ),
    misses=(
        """\
def login():
    return users.find_one({"name": str(request.json["name"])})""",
        """\
def search():
    return list(db.items.find({"public": True}))""",
        """\
def search(name):
    return text.find(name)""",
    ),
)
