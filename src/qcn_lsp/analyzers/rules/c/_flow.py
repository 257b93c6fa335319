"""How C and C++ call and assign."""

from qcn_lsp.analyzers.patterns import Calls

CALLS = Calls("call_expression", "function")
