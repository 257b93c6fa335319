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
        encoding = PositionEncoding(self.position_codec.encoding or PositionEncoding.UTF16)
        text = self.source
        start = self._offset(text, change.range.start, encoding)
        end = max(start, self._offset(text, change.range.end, encoding))
        self._known_line = min(self._known_line, change.range.start.line)
        if self._known_line == 0:
            self._known_offset = 0
        self._source = text[:start] + change.text + text[end:]

    def _offset(self, text: str, position: types.Position, encoding: PositionEncoding) -> int:
        """The offset of a client's position, clamped to the text as LSP demands."""
        if "\r" in text:
            index = LineIndex(text)
            if position.line >= len(index):
                return len(text)
            start = index.offset(position.line)
            end = index.offset(position.line + 1) if position.line + 1 < len(index) else len(text)
            line = text[start:end].rstrip("\r\n")
        else:
            found = self._line_start(text, position.line)
            if found is None:
                return len(text)
            start, end = found, text.find("\n", found)
            line = text[start:end] if end >= 0 else text[start:]
        return start + decode_column(line, position.character, encoding)

    def _line_start(self, text: str, line: int) -> int | None:
        at, offset = (self._known_line, self._known_offset) if line >= self._known_line else (0, 0)
        while at < line:
            offset = text.find("\n", offset) + 1
            if offset == 0:
                return None
            at += 1
        self._known_line, self._known_offset = at, offset
        return offset


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
