"""Reads verdicts out of an answer while it streams."""

import json
from typing import Annotated, NamedTuple

from pydantic import Field, TypeAdapter, ValidationError

from qcn_lsp.core.severity import Severity
from qcn_lsp.core.verdict import Verdict

_Number = Annotated[int, Field(ge=1, le=99_999, strict=True)]
_Text = Annotated[str, Field(min_length=1, max_length=400, strict=True)]


class _Row(NamedTuple):
    line: _Number
    cwe: _Number
    severity: Severity
    anchor: _Text
    reason: _Text


_ROW = TypeAdapter(_Row)
_DECODER = json.JSONDecoder()
_BETWEEN = " \t\r\n"


class VerdictReader:
    """Takes the answer in pieces and gives each verdict as soon as its last character is there.

    A server may ignore the grammar it was given (an invalid one fails open), so everything is validated: an element of
    another shape is counted in `rejected`, text that is no array makes the answer `malformed`.
    """

    def __init__(self) -> None:
        self._text = ""
        self._opened = False
        self.complete = False
        self.malformed = False
        self.rejected = 0

    def feed(self, piece: str) -> list[Verdict]:
        """The verdicts that this piece completes."""
        self._text += piece
        verdicts: list[Verdict] = []
        while not self.malformed and self._text:
            self._text = self._text.lstrip(_BETWEEN)
            if not self._text or not self._step(verdicts):
                break
        return verdicts

    def _step(self, verdicts: list[Verdict]) -> bool:
        """Consumes the next token or element; False if more text is needed."""
        first = self._text[0]
        if self.complete or (not self._opened and first != "["):
            self.malformed = True
        elif not self._opened:
            self._opened = True
            self._text = self._text[1:]
        elif first == "]":
            self.complete = True
            self._text = self._text[1:]
        elif first == ",":
            self._text = self._text[1:]
        elif first == "[":
            return self._element(verdicts)
        else:
            self.malformed = True
        return not self.malformed

    def _element(self, verdicts: list[Verdict]) -> bool:
        if "]" not in self._text:
            return False
        try:
            row, end = _DECODER.raw_decode(self._text)
        except (json.JSONDecodeError, RecursionError):
            # Not whole yet: a bracket inside a string, perhaps.
            return False
        self._text = self._text[end:]
        try:
            verdicts.append(Verdict(*_ROW.validate_python(row)))
        except ValidationError:
            self.rejected += 1
        return True
