"""Reading objects from data may run code in it."""

from qcn_lsp.analyzers.patterns import contains, covers, either, every, has, inside, kind, no, text
from qcn_lsp.analyzers.rule import JAVA, Rule
from qcn_lsp.analyzers.rules.java._flow import CALLS, FLOW
from qcn_lsp.core.severity import Severity

_STREAM = every(kind("object_creation_expression"), has(text(r"^(ObjectInputStream|XMLDecoder)$"), "type"))
_GUARDED = inside(
    every(kind("method_declaration"), text(r"setObjectInputFilter|ObjectInputFilter|ValidatingObjectInputStream"))
)

RULE = Rule(
    id="java-deserialization",
    languages=JAVA,
    cwe=502,
    severity=Severity.HIGH,
    message="Reading objects from data may run code in it",
    help="Exchange data as JSON, or set an ObjectInputFilter",
    words=("readObject", "readUnshared", "XMLDecoder", "XStream", "enableDefaultTyping"),
    rule=every(
        either(
            every(
                CALLS.to(r"^(readObject|readUnshared)$"),
                has(either(covers(_STREAM), FLOW.assigned(covers(_STREAM))), "object"),
            ),
            every(
                CALLS.to(r"^readObject$"),
                inside(
                    every(
                        kind("try_with_resources_statement"),
                        has(covers(every(kind("resource"), contains(_STREAM))), "resources"),
                    )
                ),
            ),
            CALLS.to(r"^enableDefaultTyping$"),
        ),
        no(_GUARDED),
    ),
    hits=(
        """\
class Carts {
    Object load(InputStream input) throws Exception {
        return new ObjectInputStream(input).readObject();
    }
}""",
        """\
class Carts {
    Object load(InputStream input) throws Exception {
        ObjectInputStream stream = new ObjectInputStream(input);
        return stream.readObject();
    }
}""",
    ),
    misses=(
        """\
class Carts {
    Cart load(InputStream input) throws Exception {
        return mapper.readValue(input, Cart.class);
    }
}""",
        """\
class Carts {
    Object load(InputStream input) throws Exception {
        ObjectInputStream stream = new ObjectInputStream(input);
        stream.setObjectInputFilter(FILTER);
        return stream.readObject();
    }
}""",
        """\
class Carts {
    JsonObject load(JsonReader reader) {
        return reader.readObject();
    }
}""",
    ),
)
