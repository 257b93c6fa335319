"""How PHP calls and assigns, and where a web request's data comes from."""

from qcn_lsp.analyzers.patterns import Assignment, Calls, Flow, either, every, kind, text

CALLS = Calls("function_call_expression", "function")
METHODS = Calls("member_call_expression", "name")

FLOW = Flow(
    variables=("variable_name",),
    groups=("list_literal",),
    functions=("function_definition", "method_declaration", "anonymous_function", "arrow_function"),
    module="program",
    assignments=(
        Assignment("assignment_expression", "left", "right"),
        Assignment("augmented_assignment_expression", "left", "right"),
    ),
)

REQUEST = either(
    every(kind("variable_name"), text(r"^\$_(GET|POST|REQUEST|COOKIE|FILES)$")),
    every(
        kind("member_call_expression"),
        text(r"^\$(this->)?request->(input|get|query|post|all|cookie|header|request->get|query->get)\("),
    ),
    every(kind("function_call_expression"), text(r"^filter_input\(")),
)
"""Data of a request, in plain PHP, Laravel or Symfony."""

SQL = r"(?s)^[\"']\s*((SELECT|select)\b.*\b(FROM|from)\b|(INSERT|insert)\s+(INTO|into)\b|(UPDATE|update)\b.*\b(SET|set)\b|(DELETE|delete)\s+(FROM|from)\b|(DROP|ALTER|TRUNCATE)\s+TABLE\b)"
"""The start of a literal that is SQL; mixed case is prose."""

SCALAR = r"\((int|float|bool)\)|\b(intval|floatval|is_numeric|ctype_digit|basename|realpath|in_array)\("
"""A value that a conversion or a check has made harmless."""

HASHED = r"(?i)hash|crypt|verify|digest|argon|sodium|confirm|repeat|again|password_?2"
