"""Request data becomes part of a database query as it is, operators included."""

from qcn_lsp.analyzers.patterns import either, every, has, kind, nth, text
from qcn_lsp.analyzers.rule import JAVASCRIPT, Rule
from qcn_lsp.analyzers.rules.javascript._flow import CALLS, FLOW
from qcn_lsp.core.severity import Severity

_SAFE = r"\b(String|Number|parseInt|ObjectId|escape|sanitize)\(|\.toString\(|\$eq"
_BODY = every(kind("member_expression"), text(r"^(req|request|ctx\.request)\.(body|query)$"))
_VALUE = FLOW.tainted(_BODY, _SAFE)

RULE = Rule(
    id="javascript-nosql-injection",
    languages=JAVASCRIPT,
    cwe=943,
    severity=Severity.HIGH,
    message="Request data becomes part of a database query as it is, operators included",
    help="Convert each value to the type that is meant, such as String(value)",
    words=("find", "update", "delete", "findOne", "aggregate"),
    rule=CALLS.to(
        r"^(\w+\.)*\w+(\(.*\))?\.(find|findOne|findOneAndUpdate|findOneAndDelete|updateOne|updateMany|deleteOne|deleteMany|countDocuments|aggregate)$",
        has(
            nth(
                1,
                either(
                    every(kind("object"), has(every(kind("pair"), has(_VALUE, "value")))),
                    every(kind("object"), has(every(kind("shorthand_property_identifier"), _VALUE))),
                    every(kind("identifier", "member_expression"), _VALUE),
                ),
            )
        ),
    ),
    hits=(
        """\
app.post("/login", async (req, res) => {
  const user = await User.findOne({ name: req.body.name, pin: req.body.pin });
  res.json(user);
});""",
        """\
app.post("/search", async (req, res) => {
  const { filter } = req.body;
  res.json(await db.collection("items").find(filter).toArray());
});""",
    ),
    misses=(
        """\
app.post("/login", async (req, res) => {
  const user = await User.findOne({ name: String(req.body.name) });
  res.json(user);
});""",
        """\
app.get("/public", async (req, res) => {
  res.json(await Item.find({ public: true }));
});""",
        "const first = items.find((item) => item.id === wanted);",
    ),
)
