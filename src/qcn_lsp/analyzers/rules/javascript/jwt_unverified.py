"""A token's signature is not checked."""

from qcn_lsp.analyzers.patterns import contains, either, every, has, inside, kind, no, nth, text
from qcn_lsp.analyzers.rule import JAVASCRIPT, Rule
from qcn_lsp.analyzers.rules.javascript._flow import CALLS, FLOW, REQUEST
from qcn_lsp.core.severity import Severity

RULE = Rule(
    id="javascript-jwt-unverified",
    languages=JAVASCRIPT,
    cwe=347,
    severity=Severity.HIGH,
    message="A token's signature is not checked",
    help="Use jwt.verify with the key and a fixed list of algorithms",
    words=("jwt", "jsonwebtoken", "jose"),
    rule=either(
        CALLS.to(
            r"^(jwt|jsonwebtoken|JWT)\.verify$",
            contains(every(kind("pair"), text(r"(?i)^algorithms *:.*[\"']none[\"']"))),
        ),
        CALLS.to(r"^(jwt|jsonwebtoken|JWT)\.verify$", has(nth(2, text(r"^(null|undefined|false|[\"']{2})$")))),
        CALLS.to(
            r"^(jwt|jsonwebtoken|JWT)\.sign$", contains(every(kind("pair"), text(r"(?i)^algorithm *: *[\"']none[\"']")))
        ),
        every(
            CALLS.to(
                r"^(jwt|jsonwebtoken|JWT)\.decode$|^(decodeJwt|jwtDecode|jwt_decode)$", has(FLOW.tainted(REQUEST))
            ),
            no(
                inside(
                    every(
                        kind("function_declaration", "arrow_function", "function_expression", "method_definition"),
                        text(r"(?i)\bverify\(|jwtVerify\("),
                    )
                )
            ),
        ),
    ),
    hits=(
        """\
function user(req) {
  return jwt.decode(req.cookies.session);
}""",
        'const claims = jwt.verify(token, key, { algorithms: ["HS256", "none"] });',
    ),
    misses=(
        'const claims = jwt.verify(token, key, { algorithms: ["RS256"] });',
        """\
function expires(token) {
  return jwt.decode(token).exp;
}""",
        """\
function user(req) {
  jwt.verify(req.cookies.session, key, { algorithms: ["RS256"] });
  return jwt.decode(req.cookies.session);
}""",
    ),
)
