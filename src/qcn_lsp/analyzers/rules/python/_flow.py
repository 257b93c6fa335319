"""How Python calls and assigns, and where a web request's data comes from."""

from qcn_lsp.analyzers.patterns import Assignment, Calls, Flow, either, every, has, kind, text

CALLS = Calls("call", "function")

FLOW = Flow(
    variables=("identifier",),
    groups=("pattern_list", "tuple_pattern", "list_pattern", "parameters"),
    functions=("function_definition", "lambda"),
    module="module",
    assignments=(
        Assignment("assignment", "left", "right"),
        Assignment("augmented_assignment", "left", "right"),
        Assignment("named_expression", "name", "value"),
        Assignment("for_statement", "left", "right"),
    ),
)

_STRING = has(text("str"), "type")
_PARAMETER = every(
    kind("identifier"),
    {
        "inside": either(
            kind("parameters"), every(kind("typed_parameter"), _STRING), every(kind("typed_default_parameter"), _STRING)
        )
    },
)

# A Flask converter such as <int:…> leaves nothing to inject; FastAPI says it by the parameter's type.
_ROUTE = every(
    kind("decorator"),
    text(r"\.(route|get|post|put|delete|patch|api_route)\("),
    either(text(r"<(string:|path:)?\w+>"), text(r"^@(app|router|api)\.(get|post|put|delete|patch)\(")),
)

_ROUTE_PARAMETER = FLOW.named(
    every(kind("function_definition"), {"inside": every(kind("decorated_definition"), has(_ROUTE))}),
    {"function_definition": "parameters"},
    _PARAMETER,
)

REQUEST = either(
    every(
        kind("attribute"),
        text(
            r"^(flask\.|self\.)?(request|req)\."
            r"(args|form|values|json|data|files|cookies|headers|get_json|get_data|query_string|view_args"
            r"|GET|POST|META|COOKIES|FILES|body|query_params|path_params|params)$"
        ),
    ),
    every(kind("attribute"), text(r"^self\.get_(query_|body_)?arguments?$")),
    _ROUTE_PARAMETER,
)
"""Data of a Flask, Django, FastAPI or Tornado request."""

PASSWORD = r"(?i)(^|[._\[\"'])(user_?)?(password|passwd|pwd|passphrase)\w*"  # noqa: S105 - a pattern, no password
HASHED = r"(?i)hash|crypt|digest|argon|pbkdf|scrypt|hmac|verify|set_password|confirm|repeat|again|password_?2|token"
"""Names that say a value is no bare password of a user."""

REQUEST_VALUE = either(
    every(kind("subscript"), has(REQUEST, "value")),
    every(
        kind("call"),
        has(either(REQUEST, every(kind("attribute"), text(r"\.get$"), has(REQUEST, "object"))), "function"),
    ),
)
"""One field of a request, and nothing around it."""

JSON_BODY = every(kind("attribute"), text(r"^(flask\.)?request\.(json|get_json|data|body)$"))
"""The part of a request whose values need not be strings."""
