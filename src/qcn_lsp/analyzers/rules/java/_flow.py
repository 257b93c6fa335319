"""How Java calls and assigns, and where a web request's data comes from."""

from qcn_lsp.analyzers.patterns import Assignment, Calls, Flow, either, every, has, inside, kind, pattern, text

CALLS = Calls("method_invocation", "name")
NEWS = Calls("object_creation_expression", "type")

FLOW = Flow(
    variables=("identifier",),
    groups=(),
    functions=("method_declaration", "constructor_declaration", "lambda_expression"),
    module="program",
    assignments=(
        Assignment("variable_declarator", "name", "value"),
        Assignment("assignment_expression", "left", "right"),
        Assignment("enhanced_for_statement", "name", "value"),
    ),
)

_ANNOTATED_PARAMETER = every(
    kind("identifier"),
    pattern("$BOUND"),
    inside(
        every(
            kind("method_declaration"),
            has(
                has(
                    every(
                        kind("formal_parameter"),
                        has(
                            every(
                                kind("modifiers"),
                                text(
                                    r"@(RequestParam|PathVariable|RequestBody|RequestHeader|CookieValue|QueryParam|PathParam|FormParam)\b"
                                ),
                            )
                        ),
                        has(text(r"^(String|Object|Map.*|List.*)$"), "type"),
                        has(pattern("$BOUND"), "name"),
                    )
                ),
                "parameters",
            ),
        )
    ),
)

REQUEST = either(
    every(
        kind("method_invocation"),
        has(text(r"(?i)^(\w*request|req|exchange)$"), "object"),
        has(
            text(
                r"^get(Parameter|ParameterValues|ParameterMap|Header|Headers|QueryString|Cookies|PathInfo|RequestURI|InputStream|Reader|Part)$"
            ),
            "name",
        ),
    ),
    _ANNOTATED_PARAMETER,
)
"""Data of a servlet, Spring or JAX-RS request."""

SQL = r"(?s)^\"+\s*((SELECT|select)\b.*\b(FROM|from)\b|(INSERT|insert)\s+(INTO|into)\b|(UPDATE|update)\b.*\b(SET|set)\b|(DELETE|delete)\s+(FROM|from)\b|(DROP|ALTER|TRUNCATE)\s+TABLE\b)"
"""The start of a literal that is SQL; mixed case is prose."""
