"""Open texts, as pygls keeps them, with two of its habits replaced.

pygls breaks lines wherever `str.splitlines` does (form feeds, U+2028), which misplaces every edit below such a
character, and rebuilds the whole text line by line for every key.
"""

from lsprotocol import types
from pygls.workspace import TextDocument, Workspace

from qcn_lsp.core.positions import LineIndex, PositionEncoding, decode_column


class Text(TextDocument):
    """An open text; `source` is its current value."""

    # Where a line near the last edit starts: the text before an edit does not change, and typing stays in one place.
    _known_line = 0
    _known_offset = 0

    def _apply_incremental_change(self, change: types.TextDocumentContentChangePartial) -> None:
        text = self.source
        start = self._offset(text, change.range.start)
        known = self._known_line, self._known_offset
        end = max(start, self._offset(text, change.range.end))
        self._known_line, self._known_offset = known
        self._source = text[:start] + change.text + text[end:]

    def _apply_full_change(self, change: types.TextDocumentContentChangeEvent) -> None:
        self._known_line = self._known_offset = 0
        super()._apply_full_change(change)

    def _offset(self, text: str, position: types.Position) -> int:
        """The offset of a client's position, clamped to the text as LSP demands."""
        if "\r" in text:
            self._known_line = self._known_offset = 0
            start, end = _line_with_returns(text, position.line)
        else:
            start, end = self._line(text, position.line)
        encoding = PositionEncoding(self.position_codec.encoding or PositionEncoding.UTF16)
        return start + decode_column(text[start:end], position.character, encoding)

    def _line(self, text: str, line: int) -> tuple[int, int]:
        """Where a line starts and ends, found from the nearest known one; the end of the text for a line below it."""
        at, offset = (self._known_line, self._known_offset) if line >= self._known_line else (0, 0)
        while at < line:
            offset = text.find("\n", offset) + 1
            if offset == 0:
                return len(text), len(text)
            at += 1
        self._known_line, self._known_offset = at, offset
        end = text.find("\n", offset)
        return offset, end if end >= 0 else len(text)


def _line_with_returns(text: str, line: int) -> tuple[int, int]:
    index = LineIndex(text)
    if line >= len(index):
        return len(text), len(text)
    start = index.offset(line)
    end = index.offset(line + 1) if line + 1 < len(index) else len(text)
    return start, start + len(text[start:end].rstrip("\r\n"))


class Texts(Workspace):
    """pygls' workspace, with our texts."""

    def _create_text_document(
        self, doc_uri: str, source: str | None = None, version: int | None = None, language_id: str | None = None
    ) -> Text:
        return Text(
            doc_uri,
            source=source,
            version=version,
            language_id=language_id,
            sync_kind=self._sync_kind,
            position_codec=self._position_codec,
        )
