"""Deserializers that ruff's S301 and S506 do not know."""

from qcn_lsp.analyzers.patterns import either, has, kind, no, nth, text
from qcn_lsp.analyzers.rule import PYTHON, Rule
from qcn_lsp.analyzers.rules.python._flow import CALLS
from qcn_lsp.core.severity import Severity

RULE = Rule(
    id="python-unsafe-deserialization",
    languages=PYTHON,
    cwe=502,
    severity=Severity.HIGH,
    message="Loading this data may run code in it",
    help="Exchange data as JSON, or load weights only",
    words=("jsonpickle", "joblib", "torch.load", "numpy", "np.load"),
    rule=either(
        CALLS.to(r"^jsonpickle\.(decode|loads)$", has(nth(1, no(kind("string"))))),
        CALLS.to(r"^joblib\.load$", has(nth(1, no(kind("string"))))),
        CALLS.to(r"^torch\.load$", has(nth(1, no(kind("string")))), no(has(text(r"^weights_only *= *True")))),
        CALLS.to(r"^(np|numpy)\.load$", has(text(r"^allow_pickle *= *True"))),
    ),
    hits=(
        """\
def load(body):
    return jsonpickle.decode(body)""",
        """\
def load(path):
    return np.load(path, allow_pickle=True)""",
    ),
    misses=(
        """\
def load(body):
    return json.loads(body)""",
        """\
def load(path):
    return torch.load(path, weights_only=True)""",
        """\
def load(path):
    return np.load(path)""",
    ),
)
