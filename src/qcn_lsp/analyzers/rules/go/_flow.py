"""How Go calls and assigns, and where a web request's data comes from."""

from qcn_lsp.analyzers.patterns import Assignment, Calls, Flow, either, every, kind, text

CALLS = Calls("call_expression", "function")

FLOW = Flow(
    variables=("identifier",),
    groups=("expression_list",),
    functions=("function_declaration", "method_declaration", "func_literal"),
    module="source_file",
    assignments=(
        Assignment("short_var_declaration", "left", "right"),
        Assignment("assignment_statement", "left", "right"),
        Assignment("var_spec", "name", "value"),
        Assignment("range_clause", "left", "right"),
    ),
)

REQUEST = either(
    every(
        kind("selector_expression"),
        text(
            r"^(r|req|request)\.(FormValue|PostFormValue|PathValue|Form|PostForm|Header|URL|RequestURI|Body|Cookie)$"
            r"|^(c|ctx)\.(Query|Param|Params|PostForm|DefaultQuery|QueryParam|FormValue|GetHeader|Cookie)$"
        ),
    ),
    every(kind("selector_expression"), text(r"^(mux\.Vars|chi\.URLParam)$")),
)
"""Data of a request in net/http, gin, echo, chi or gorilla."""

SQL = r"(?s)^[\"`]\s*((SELECT|select)\b.*\b(FROM|from)\b|(INSERT|insert)\s+(INTO|into)\b|(UPDATE|update)\b.*\b(SET|set)\b|(DELETE|delete)\s+(FROM|from)\b|(DROP|ALTER|TRUNCATE)\s+TABLE\b)"
"""The start of a literal that is SQL; mixed case is prose."""
