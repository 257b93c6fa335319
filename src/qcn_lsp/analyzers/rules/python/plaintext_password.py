"""A password is stored or compared as it is."""

from qcn_lsp.analyzers.patterns import contains, either, every, has, inside, kind, no, nth, text
from qcn_lsp.analyzers.rule import PYTHON, Rule
from qcn_lsp.analyzers.rules.python._flow import CALLS, HASHED, PASSWORD, REQUEST_VALUE
from qcn_lsp.core.severity import Severity

_SIDE = every(
    kind("identifier", "attribute", "subscript", "call"),
    text(PASSWORD),
    no(text(HASHED)),
    no(
        text(
            r"^(len|bool|type)\(|(?i)(min|max|old_?len|length|changed|strength|field|widget|policy|input|label|placeholder)"
        )
    ),
)
_STORED = every(
    _SIDE, kind("attribute", "subscript"), no(REQUEST_VALUE), text(r"(?i)(password|passwd|pwd)\w*([\"']\])?$")
)
_GIVEN = either(
    every(REQUEST_VALUE, text(PASSWORD), no(text(HASHED))),
    every(kind("identifier"), text(r"(?i)^(\w*_)?(password|passwd|pwd)$"), no(text(HASHED))),
    every(kind("attribute"), text(r"(?i)(password|passwd|pwd)\.data$"), no(text(HASHED))),
)

RULE = Rule(
    id="python-plaintext-password",
    languages=PYTHON,
    cwe=256,
    severity=Severity.HIGH,
    message="A password is stored or compared as it is",
    help="Store a salted hash from argon2, scrypt or bcrypt, and let its library compare",
    words=("password", "passwd", "pwd"),
    rule=either(
        every(
            kind("comparison_operator"),
            has({"regex": r"^(==|!=)$"}),
            has(nth(1, _SIDE)),
            has(nth(2, _SIDE)),
            has(_STORED),
            has(_GIVEN),
            no(text(r"(?i)confirm|repeat|again|new_")),
        ),
        every(
            kind("assignment"),
            has(
                every(
                    kind("attribute"),
                    text(
                        r"(?i)^(\w*(user|account|member|customer|admin|profile|person)\w*|self)\.(password|passwd|pwd)$"
                    ),
                ),
                "left",
            ),
            has(_GIVEN, "right"),
            either(
                no(has(text(r"^self\."), "left")),
                inside(every(kind("class_definition"), has(text(r"(?i)user|account|member|customer"), "name"))),
            ),
            no(
                inside(
                    every(kind("function_definition"), contains(every(kind("call"), text(r"(?i)set_password|hash"))))
                )
            ),
        ),
        CALLS.to(
            r"^\w*(User|Account|Member|Customer)\w*(\.objects\.create|\.create)?$",
            has(
                every(
                    kind("keyword_argument"),
                    has(text(r"(?i)^(password|passwd|pwd)$"), "name"),
                    has(_GIVEN, "value"),
                    no(text(HASHED)),
                )
            ),
        ),
    ),
    hits=(
        """\
def login(user, password):
    return user.password == password""",
        """\
def login():
    row = find(request.form["name"])
    if row["password"] != request.form["password"]:
        abort(401)""",
        """\
def register():
    session.add(User(name=request.form["name"], password=request.form["password"]))""",
        """\
def change(user):
    user.password = request.form["password"]
    user.save()""",
    ),
    misses=(
        """\
def login(user, password):
    return check_password_hash(user.password, password)""",
        """\
def register(form):
    return form.password.data == form.confirm_password.data""",
        """\
def register(name, password):
    return User(name=name, password=hash_password(password))""",
        """\
def connect(settings):
    return Connection(user=settings.user, password=settings.password)""",
        """\
def empty(user):
    return user.password == ""
""",
    ),
)
