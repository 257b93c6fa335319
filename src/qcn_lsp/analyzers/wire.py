"""What the server and its worker process say to each other: JSON, each message after its length.

The JSON is ASCII, so every Python string arrives as it was, lone surrogates and NUL included. Whatever comes from the
worker is checked: it has parsed hostile text in C.
"""

import json
import struct
from collections.abc import Iterable
from typing import IO, Any

from qcn_lsp.core.candidate import Candidate
from qcn_lsp.core.positions import Position, Span
from qcn_lsp.core.severity import Severity
from qcn_lsp.errors import AnalyzerError

_LENGTH = struct.Struct(">I")
_ERROR = "error"
_CANDIDATES = "candidates"


def question(language: str, text: str) -> bytes:
    """What the server asks: a whole message."""
    return _message([language, text])


def read_question(body: bytes) -> tuple[str, str]:
    """The language and the text of a question."""
    language, text = json.loads(body)
    return language, text


def answer(candidates: Iterable[Candidate]) -> bytes:
    """What the worker found: a whole message."""
    return _message({_CANDIDATES: [_plain(one) for one in candidates]})


def refusal(sentence: str) -> bytes:
    """Why the worker has no answer: a whole message."""
    return _message({_ERROR: sentence})


def read_answer(body: bytes) -> tuple[Candidate, ...]:
    """What the worker found.

    Raises:
        AnalyzerError: The worker refused the text.
        ValueError: The answer makes no sense.
    """
    try:
        said = json.loads(body)
        if _ERROR in said:
            raise AnalyzerError(str(said[_ERROR]))
        return tuple(_candidate(one) for one in said[_CANDIDATES])
    except (TypeError, KeyError, OverflowError, RecursionError) as error:
        raise ValueError("not an answer") from error


def read(stream: IO[bytes]) -> bytes | None:
    """Waits for the next message; None at the end of the stream."""
    header = stream.read(_LENGTH.size)
    if len(header) < _LENGTH.size:
        return None
    (length,) = _LENGTH.unpack(header)
    body = stream.read(length)
    return body if len(body) == length else None


def _message(value: object) -> bytes:
    body = json.dumps(value, separators=(",", ":")).encode("ascii")
    return _LENGTH.pack(len(body)) + body


def _plain(one: Candidate) -> list[str | int]:
    start, end = one.span.start, one.span.end
    return [one.rule, one.cwe, one.severity.value, start.line, start.column, end.line, end.column, one.message]


def _candidate(plain: list[Any]) -> Candidate:
    rule, cwe, severity, *places, message = plain
    start_line, start_column, end_line, end_column = (int(place) for place in places)
    span = Span(Position(start_line, start_column), Position(end_line, end_column))
    return Candidate(str(rule), int(cwe), Severity(severity), span, str(message))
