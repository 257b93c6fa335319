"""`textDocument/hover` on a finding."""

from lsprotocol import types

from qcn_lsp.core import cwe
from qcn_lsp.core.finding import Finding
from qcn_lsp.server.convert import state_in_words, to_range
from qcn_lsp.server.language_server import LanguageServer


def hover(ls: LanguageServer, params: types.HoverParams) -> types.Hover | None:
    """What is known of the findings at a place; nothing elsewhere."""
    if not ls.has_session:
        return None
    document, findings = ls.session.findings(params.text_document.uri)
    if document is None:
        return None
    ranges = {one.id: to_range(one.span, document.lines, ls.encoding) for one in findings}
    here = [one for one in findings if _inside(params.position, ranges[one.id])]
    if not here:
        return None
    plain = types.MarkupKind.Markdown not in (ls.capability("text_document", "hover", "content_format") or ())
    text = "\n\n".join(_plain(one) if plain else _markdown(one) for one in here)
    kind = types.MarkupKind.PlainText if plain else types.MarkupKind.Markdown
    return types.Hover(types.MarkupContent(kind, text), ranges[here[0].id])


def _inside(position: types.Position, range_: types.Range) -> bool:
    return range_.start <= position <= range_.end


def _plain(finding: Finding) -> str:
    return "\n".join(
        (
            f"{cwe.code(finding.cwe)}: {cwe.name(finding.cwe)}",
            finding.message,
            _facts(finding),
        )
    )


def _markdown(finding: Finding) -> str:
    title = f"[{cwe.code(finding.cwe)}]({cwe.url(finding.cwe)}): {_escaped(cwe.name(finding.cwe))}"
    return f"**{title}**\n\n{_escaped(finding.message)}\n\n{_escaped(_facts(finding))}"


def _facts(finding: Finding) -> str:
    rule = f" · suspected by {finding.rule}" if finding.rule else ""
    return f"{finding.severity} · {state_in_words(finding)} · confidence {finding.confidence:.2f}{rule}"


def _escaped(text: str) -> str:
    """A message may quote the code or come from a model: none of it is markup, and no link or image is followed."""
    return "".join(f"\\{character}" if character in r"\`*_{}[]<>()#+-!|" else character for character in text)
