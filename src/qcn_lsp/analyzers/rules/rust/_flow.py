"""How Rust calls and assigns."""

from qcn_lsp.analyzers.patterns import Assignment, Calls, Flow

CALLS = Calls("call_expression", "function")

FLOW = Flow(
    variables=("identifier",),
    groups=("tuple_pattern",),
    functions=("function_item", "closure_expression"),
    module="source_file",
    assignments=(
        Assignment("let_declaration", "pattern", "value"),
        Assignment("assignment_expression", "left", "right"),
    ),
)
