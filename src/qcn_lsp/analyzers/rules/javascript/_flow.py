"""How JavaScript and TypeScript call and assign, and where a web request's data comes from."""

from qcn_lsp.analyzers.patterns import Assignment, Calls, Flow, either, every, has, kind, text

CALLS = Calls("call_expression", "function")
NEWS = Calls("new_expression", "constructor")

FLOW = Flow(
    variables=("identifier", "shorthand_property_identifier"),
    groups=("object_pattern", "array_pattern"),
    functions=("function_declaration", "function_expression", "arrow_function", "method_definition"),
    module="program",
    assignments=(
        Assignment("variable_declarator", "name", "value"),
        Assignment("assignment_expression", "left", "right"),
        Assignment("for_in_statement", "left", "right"),
    ),
)

REQUEST = either(
    every(
        kind("member_expression"),
        text(
            r"^(this\.)?(req|request|ctx|ctx\.request|context\.request|event)\."
            r"(query|body|params|headers|cookies|files|file|originalUrl|queryStringParameters|pathParameters)$"
        ),
    ),
    every(
        kind("call_expression"),
        has(text(r"^((req|request)\.(param|header|get)|(\w+\.)*searchParams\.get)$"), "function"),
    ),
)
"""Data of an Express, Koa, Next or Lambda request."""

BROWSER = either(
    every(
        kind("member_expression"),
        text(
            r"^((window|document|self)\.)?location\.(hash|search|href)$|^document\.(URL|documentURI|referrer|cookie)$|^window\.name$"
        ),
    ),
    every(
        kind("call_expression"),
        has(text(r"^(new URLSearchParams\(.*\)|\w*[pP]arams|(\w+\.)*searchParams)\.get$"), "function"),
    ),
    # A message from another window.
    every(kind("member_expression"), text(r"^(e|ev|evt|event|msg|message)\.data$")),
)
"""Data that whoever made the link or frame decides."""

PASSWORD = r"(?i)(^|[._\[\"'])(user_?)?(password|passwd|pwd|passphrase)\w*"  # noqa: S105 - a pattern, no password
HASHED = r"(?i)hash|crypt|digest|argon|pbkdf|scrypt|hmac|verify|compare|confirm|repeat|again|password_?2|token"
SQL = r"^[\"'`]\s*(?s:(SELECT|select)\b.*\b(FROM|from)\b|(INSERT|insert)\s+(INTO|into)\b|(UPDATE|update)\b.*\b(SET|set)\b|(DELETE|delete)\s+(FROM|from)\b|(DROP|ALTER|TRUNCATE)\s+TABLE\b)"
"""The start of a literal that is SQL; mixed case is prose ("Select … from the list")."""
