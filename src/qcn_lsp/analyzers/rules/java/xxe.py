"""The XML parser resolves external entities."""

from qcn_lsp.analyzers.patterns import either, every, has, inside, kind, no, text
from qcn_lsp.analyzers.rule import JAVA, Rule
from qcn_lsp.analyzers.rules.java._flow import CALLS, NEWS
from qcn_lsp.core.severity import Severity

RULE = Rule(
    id="java-xxe",
    languages=JAVA,
    cwe=611,
    severity=Severity.HIGH,
    message="The XML parser resolves external entities",
    help='Forbid document types: setFeature("http://apache.org/xml/features/disallow-doctype-decl", true)',
    words=("DocumentBuilderFactory", "SAXParserFactory", "XMLInputFactory", "SAXReader", "SAXBuilder"),
    rule=every(
        either(
            every(
                CALLS.to(r"^(newInstance|newFactory|newDefaultInstance)$"),
                has(text(r"^(javax\.xml\.\w+\.)?(DocumentBuilderFactory|SAXParserFactory|XMLInputFactory)$"), "object"),
            ),
            NEWS.to(r"^(SAXReader|SAXBuilder)$"),
        ),
        no(
            inside(
                every(
                    kind("class_body"),
                    text(
                        r"disallow-doctype-decl|external-general-entities|FEATURE_SECURE_PROCESSING|SUPPORT_DTD|ACCESS_EXTERNAL_DTD|isSupportingExternalEntities|IS_SUPPORTING_EXTERNAL_ENTITIES|setExpandEntityReferences"
                    ),
                )
            )
        ),
    ),
    hits=(
        """\
class Orders {
    Document parse(InputStream input) throws Exception {
        return DocumentBuilderFactory.newInstance().newDocumentBuilder().parse(input);
    }
}""",
        """\
class Orders {
    XMLStreamReader parse(InputStream input) throws Exception {
        XMLInputFactory factory = XMLInputFactory.newFactory();
        return factory.createXMLStreamReader(input);
    }
}""",
    ),
    misses=(
        """\
class Orders {
    Document parse(InputStream input) throws Exception {
        DocumentBuilderFactory factory = DocumentBuilderFactory.newInstance();
        factory.setFeature("http://apache.org/xml/features/disallow-doctype-decl", true);
        return factory.newDocumentBuilder().parse(input);
    }
}""",
        """\
class Orders {
    XMLInputFactory factory() {
        XMLInputFactory factory = XMLInputFactory.newFactory();
        factory.setProperty(XMLInputFactory.SUPPORT_DTD, false);
        return factory;
    }
}""",
        """\
class Orders {
    DocumentBuilder builder(DocumentBuilderFactory factory) throws Exception {
        return factory.newDocumentBuilder();
    }
}""",
    ),
)
