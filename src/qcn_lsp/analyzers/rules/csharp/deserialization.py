"""Reading objects from data may run code in it."""

from qcn_lsp.analyzers.patterns import either, every, has, kind, text
from qcn_lsp.analyzers.rule import CSHARP, Rule
from qcn_lsp.analyzers.rules.csharp._flow import NEWS
from qcn_lsp.core.severity import Severity

RULE = Rule(
    id="csharp-deserialization",
    languages=CSHARP,
    cwe=502,
    severity=Severity.HIGH,
    message="Reading objects from data may run code in it",
    help="Use System.Text.Json with known types",
    words=(
        "BinaryFormatter",
        "SoapFormatter",
        "NetDataContractSerializer",
        "LosFormatter",
        "ObjectStateFormatter",
        "TypeNameHandling",
    ),
    rule=either(
        NEWS.to(r"^(BinaryFormatter|SoapFormatter|NetDataContractSerializer|LosFormatter|ObjectStateFormatter)$"),
        every(
            kind("assignment_expression"),
            has(text(r"TypeNameHandling$"), "left"),
            has(text(r"TypeNameHandling\.(All|Auto|Objects|Arrays)$"), "right"),
        ),
    ),
    hits=(
        """\
class Carts {
    object Load(Stream stream) {
        return new BinaryFormatter().Deserialize(stream);
    }
}""",
        """\
class Carts {
    object Settings() {
        return new JsonSerializerSettings { TypeNameHandling = TypeNameHandling.All };
    }
}""",
    ),
    misses=(
        """\
class Carts {
    Cart Load(Stream stream) {
        return JsonSerializer.Deserialize<Cart>(stream);
    }
}""",
        """\
class Carts {
    object Settings() {
        return new JsonSerializerSettings { TypeNameHandling = TypeNameHandling.None };
    }
}""",
        """\
class Carts {
    object Load(Formatter formatter, Stream stream) {
        return formatter.Deserialize(stream);
    }
}""",
    ),
)
