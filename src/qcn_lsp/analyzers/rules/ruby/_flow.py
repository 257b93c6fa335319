"""How Ruby calls and assigns, and where a web request's data comes from."""

from qcn_lsp.analyzers.patterns import Assignment, Calls, Flow, either, every, kind, text

CALLS = Calls("call", "method")

FLOW = Flow(
    variables=("identifier", "instance_variable"),
    groups=("left_assignment_list",),
    functions=("method", "singleton_method"),
    module="program",
    assignments=(
        Assignment("assignment", "left", "right"),
        Assignment("operator_assignment", "left", "right"),
    ),
)

REQUEST = either(
    every(kind("identifier"), text(r"^(params|cookies)$")),
    every(kind("call"), text(r"^request\.(params|headers|body|query_parameters|query_string|referer)$")),
)
"""Data of a Rails or Sinatra request."""
