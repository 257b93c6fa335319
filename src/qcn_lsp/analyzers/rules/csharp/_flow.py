"""How C# calls and assigns, and where a web request's data comes from."""

from qcn_lsp.analyzers.patterns import Assignment, Calls, Flow, either, every, kind, text

CALLS = Calls("invocation_expression", "function")
NEWS = Calls("object_creation_expression", "type")

FLOW = Flow(
    variables=("identifier",),
    groups=(),
    functions=("method_declaration", "constructor_declaration", "local_function_statement", "lambda_expression"),
    module="compilation_unit",
    # A declarator names no field for its value.
    assignments=(Assignment("variable_declarator", "name", ""), Assignment("assignment_expression", "left", "right")),
)

REQUEST = either(
    every(
        kind("member_access_expression"),
        text(
            r"^(this\.|HttpContext\.|context\.)?Request\.(Query|QueryString|Form|Params|Headers|Cookies|RouteValues)$"
        ),
    ),
    every(kind("element_access_expression"), text(r"^(this\.|HttpContext\.)?Request\[")),
)
"""Data of an ASP.NET request."""
