"""A password is stored or compared as it is."""

from qcn_lsp.analyzers.patterns import either, every, has, inside, kind, no, nth, text
from qcn_lsp.analyzers.rule import JAVASCRIPT, Rule
from qcn_lsp.analyzers.rules.javascript._flow import CALLS
from qcn_lsp.core.severity import Severity

_SIDE = every(
    kind("identifier", "member_expression", "subscript_expression"),
    text(r"(?i)(password|passwd|pwd)([\"']\])?$"),
    no(text(r"(?i)hash|confirm|repeat|again|old|current|new")),
)
_GIVEN = either(
    every(
        kind("member_expression", "subscript_expression"),
        text(r"(?i)^(req|request|ctx\.request)\.body\b.*(password|passwd|pwd)([\"']\])?$"),
    ),
    every(kind("identifier"), text(r"(?i)^(\w*_)?(password|passwd|pwd)$")),
)
_HASHES = r"(?i)hash|bcrypt|argon|scrypt|pbkdf2"
_FUNCTION = kind("function_declaration", "arrow_function", "function_expression", "method_definition")

RULE = Rule(
    id="javascript-plaintext-password",
    languages=JAVASCRIPT,
    cwe=256,
    severity=Severity.HIGH,
    message="A password is stored or compared as it is",
    help="Store a salted hash from argon2, scrypt or bcrypt, and let its library compare",
    words=("assword", "asswd", "pwd"),
    rule=either(
        every(
            kind("binary_expression"),
            has(text(r"^[!=]==?$"), "operator"),
            has(_SIDE, "left"),
            has(_SIDE, "right"),
            has(kind("member_expression", "subscript_expression")),
            has(_GIVEN),
        ),
        every(
            CALLS.to(
                r"(?i)(^|\.)\w*(user|account|member|customer)s?(\(.*\))?\.(create|insert|insertOne|upsert|push|save)$",
                has(
                    every(
                        kind("object"),
                        either(
                            has(
                                every(
                                    kind("pair"),
                                    has(text(r"(?i)^[\"']?(password|passwd|pwd)[\"']?$"), "key"),
                                    has(_GIVEN, "value"),
                                )
                            ),
                            has(every(kind("shorthand_property_identifier"), text(r"(?i)^(password|passwd|pwd)$"))),
                        ),
                    )
                ),
            ),
            no(inside(every(_FUNCTION, text(_HASHES)))),
        ),
        every(
            CALLS.to(
                r"\.(query|execute|run|get|all|none|one)$",
                has(
                    nth(
                        1,
                        every(
                            kind("string", "template_string"),
                            text(
                                r"(?is)(insert\s+into\b.*\b(password|passwd|pwd)\b.*\bvalues\b|(select|update|delete)\b.*\b(password|passwd|pwd)\s*=)"
                            ),
                        ),
                    )
                ),
            ),
            no(inside(every(_FUNCTION, text(_HASHES)))),
        ),
    ),
    hits=(
        """\
function login(user, password) {
  return user.password === password;
}""",
        """\
app.post("/register", async (req, res) => {
  await User.create({ name: req.body.name, password: req.body.password });
});""",
        """\
async function register(db, name, password) {
  await db.query("INSERT INTO users (name, password) VALUES ($1, $2)", [name, password]);
}""",
    ),
    misses=(
        """\
async function login(user, password) {
  return bcrypt.compare(password, user.passwordHash);
}""",
        """\
app.post("/register", async (req, res) => {
  const password = await bcrypt.hash(req.body.password, 12);
  await User.create({ name: req.body.name, password });
});""",
        "const same = form.password === form.confirmPassword;",
        "const connection = connect({ user: settings.user, password: settings.password });",
    ),
)
