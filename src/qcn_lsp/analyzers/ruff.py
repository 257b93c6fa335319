"""Runs ruff's security rules on a text that need not be saved.

The code under review has no say in its own review:

- `--isolated` keeps ruff from reading the repository's configuration, which could exclude everything;
- `--ignore-noqa` ignores `# noqa` and `# ruff: ignore` comments. A finding is dismissed with the project's own comment,
  which needs a reason;
- the name given to ruff is fixed, because a file's name decides how ruff reads it (`.ipynb` is JSON to it).
"""

import asyncio
import json
import os
from contextlib import suppress
from functools import cache
from typing import TypedDict

from qcn_lsp.analyzers.found import Found
from qcn_lsp.analyzers.ruff_rules import RULES
from qcn_lsp.core.candidate import Candidate
from qcn_lsp.core.positions import Position, Span, split_lines
from qcn_lsp.errors import AnalyzerError

DEADLINE_SECONDS = 20.0
_BYTE_ORDER_MARK = "\ufeff"
_HARMLESS = "seems safe"  # ruff's words for a shell command without variable parts
_FINISHED = (0, 1)  # nothing found, something found
_ARGUMENTS = (
    "check",
    "--isolated",
    "--no-cache",
    "--quiet",
    "--select=S",
    "--ignore-noqa",
    "--output-format=json",
    "--stdin-filename=text.py",
    "-",
)


# Older and newer spellings.
_SYNTAX_ERROR = (None, "invalid-syntax")


class _Location(TypedDict):
    row: int
    column: int


class _Diagnostic(TypedDict):
    code: str | None
    message: str
    location: _Location
    end_location: _Location


async def check(text: str, deadline_seconds: float = DEADLINE_SECONDS) -> Found:
    """What ruff finds in a Python text.

    Raises:
        AnalyzerError: Ruff is not installed, broke down, or took too long.
    """
    # Ruff refuses anything but UTF-8; a lone surrogate becomes one question mark, so columns stay.
    data = text.encode("utf-8", "replace")
    try:
        async with asyncio.timeout(deadline_seconds):
            output = await _run(data)
    except TimeoutError:
        raise AnalyzerError(f"ruff did not answer within {deadline_seconds:g} s and was stopped") from None
    return _found(output, text)


async def _run(data: bytes) -> bytes:
    environment = {name: value for name, value in os.environ.items() if not name.startswith("RUFF_")}
    try:
        process = await asyncio.create_subprocess_exec(
            _binary(),
            *_ARGUMENTS,
            stdin=asyncio.subprocess.PIPE,
            stdout=asyncio.subprocess.PIPE,
            stderr=asyncio.subprocess.DEVNULL,
            env=environment,
        )
    except OSError as error:
        raise AnalyzerError(f"ruff could not be started ({error.strerror}): install the package ruff again") from error
    try:
        output, _ = await process.communicate(data)
    finally:
        await _end(process)
    if process.returncode not in _FINISHED:
        raise AnalyzerError(f"ruff ended with status {process.returncode}: this text could not be analyzed")
    return output


async def _end(process: asyncio.subprocess.Process) -> None:
    """Leaves no child behind, whatever ended the conversation."""
    if process.returncode is None:
        with suppress(ProcessLookupError):
            process.kill()
    await process.wait()


@cache
def _binary() -> str:
    from ruff import find_ruff_bin  # type: ignore[import-untyped] # the wheel has no type information

    try:
        return str(find_ruff_bin())
    except FileNotFoundError as error:
        raise AnalyzerError("the ruff program is missing: install the package ruff again") from error


def _found(output: bytes, text: str) -> Found:
    try:
        diagnostics: list[_Diagnostic] = json.loads(output or b"[]")
    except ValueError as error:
        raise AnalyzerError("ruff's answer is not JSON: install the package ruff again") from error
    lines = split_lines(text)
    found = (_candidate(diagnostic, lines) for diagnostic in diagnostics)
    candidates = sorted((one for one in found if one), key=lambda one: (one.span, one.rule))
    return Found(tuple(candidates), any(one["code"] in _SYNTAX_ERROR for one in diagnostics))


def _candidate(diagnostic: _Diagnostic, lines: list[str]) -> Candidate | None:
    rule = RULES.get(diagnostic["code"] or "")
    if rule is None or _HARMLESS in diagnostic["message"]:  # no rule: a syntax error, or one we leave out
        return None
    span = Span(_position(diagnostic["location"], lines), _position(diagnostic["end_location"], lines))
    return Candidate(f"ruff:{diagnostic['code']}", rule.cwe, rule.severity, span, rule.message)


def _position(location: _Location, lines: list[str]) -> Position:
    """Ruff counts code points from 1, as we do from 0, but does not count a byte order mark."""
    line = min(location["row"] - 1, len(lines) - 1)
    mark = 1 if line == 0 and lines[0].startswith(_BYTE_ORDER_MARK) else 0
    return Position(line, min(location["column"] - 1 + mark, len(lines[line])))
