"""Edits land where the client says, however the text looks."""

from hypothesis import given
from hypothesis import strategies as st
from lsprotocol import types
from pygls.workspace import PositionCodec

from qcn_lsp.core.positions import LineIndex, PositionEncoding, decode_column, split_lines
from qcn_lsp.server.text import Text

TEXT = st.text(alphabet=st.sampled_from("ab\n\n\r\f\u2028é😀"), max_size=30)
PLACE = st.tuples(st.integers(0, 12), st.integers(0, 12))
EDITS = st.lists(st.tuples(PLACE, PLACE, TEXT), max_size=12)


def reference(text: str, start: tuple[int, int], end: tuple[int, int], new: str, encoding: PositionEncoding) -> str:
    """The same edit, the plain way."""
    lines, index = split_lines(text), LineIndex(text)

    def offset(place: tuple[int, int]) -> int:
        line, units = place
        return len(text) if line >= len(lines) else index.offset(line) + decode_column(lines[line], units, encoding)

    return text[: offset(start)] + new + text[max(offset(start), offset(end)) :]


@given(TEXT, EDITS, st.sampled_from(PositionEncoding))
def test_any_sequence_of_edits(
    text: str, edits: list[tuple[tuple[int, int], tuple[int, int], str]], encoding: PositionEncoding
) -> None:
    kept = Text("file:///a", text, 1, "python", position_codec=PositionCodec(encoding.value))
    for start, end, new in edits:
        place = types.Range(types.Position(*start), types.Position(*end))
        kept.apply_change(types.TextDocumentContentChangePartial(place, new))
        text = reference(text, start, end, new, encoding)
        assert kept.source == text


def test_a_new_whole_text_is_taken_and_edited_from_its_top() -> None:
    kept = Text("file:///a", "a\nb\nc\n", 1, "python")
    place = types.Range(types.Position(2, 1), types.Position(2, 1))
    kept.apply_change(types.TextDocumentContentChangePartial(place, "!"))
    kept.apply_change(types.TextDocumentContentChangeWholeDocument("longer line\nx\ny\n"))
    kept.apply_change(types.TextDocumentContentChangePartial(place, "?"))
    assert kept.source == "longer line\nx\ny?\n"
