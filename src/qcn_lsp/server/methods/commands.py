"""Commands of `workspace/executeCommand`.

Their arguments come from editors and users' key bindings, so a wrong one is answered with a sentence.
"""

from pygls.exceptions import JsonRpcInvalidParams

from qcn_lsp.server.language_server import LanguageServer

REVIEW_FILE = "qcn.reviewFile"
REVIEW_UNIT = "qcn.reviewUnit"
CLEAR_CACHE = "qcn.clearCache"
SHOW_STATUS = "qcn.showStatus"


async def review_file(ls: LanguageServer, *arguments: object) -> dict[str, int]:
    """`qcn.reviewFile URI`: reviews every unit of an open file, changed or not.

    Returns:
        `{"units": n}`, how many are reviewed now.
    """
    return {"units": await ls.session.review(_uri(ls, arguments))}


async def review_unit(ls: LanguageServer, *arguments: object) -> dict[str, int]:
    """`qcn.reviewUnit URI LINE`: reviews the unit at a line (from 0) again; a position `{line, character}` will do too.

    Returns:
        `{"units": n}`, 1 if there is code at the line.
    """
    uri = _uri(ls, arguments)
    line = arguments[1] if len(arguments) > 1 else None
    if isinstance(line, dict):
        line = line.get("line")
    if not isinstance(line, int) or isinstance(line, bool) or line < 0:
        raise JsonRpcInvalidParams(f"{REVIEW_UNIT} takes the document's URI and a line from 0")
    return {"units": await ls.session.review(uri, line)}


async def clear_cache(ls: LanguageServer, *_: object) -> dict[str, int]:
    """`qcn.clearCache`: forgets every review, of earlier runs too.

    Returns:
        `{"reviews": n}`, how many were kept on disk.
    """
    return {"reviews": await ls.session.forget()}


async def show_status(ls: LanguageServer, *_: object) -> str:
    """`qcn.showStatus`: which backends are up, in a few lines of text."""
    status = ls.session.status()
    lines = [
        f"{one.name} ({one.mode}): {one.state}"
        + (f" ({one.reason})" if one.reason else "")
        + (f", {one.queue} waiting" if one.queue else "")
        + (f", {one.tokens_per_second:.1f} tok/s" if one.tokens_per_second else "")
        for one in status.backends
    ]
    lines.append(f"{status.reviewer or 'the analyzers alone'} reviews now: {status.reviewing} units under review")
    if status.unserved:
        lines.append(f"{status.unserved} units wait for a backend to return")
    return "\n".join(lines)


def _uri(ls: LanguageServer, arguments: tuple[object, ...]) -> str:
    given = arguments[0] if arguments else None
    if isinstance(given, dict):
        given = given.get("uri")
    if not isinstance(given, str):
        raise JsonRpcInvalidParams("The command takes the URI of a document")
    if not ls.has_session or given not in ls.session.documents:
        raise JsonRpcInvalidParams("The document is not open, or is no source file")
    return given


COMMANDS = {REVIEW_FILE: review_file, REVIEW_UNIT: review_unit, SHOW_STATUS: show_status, CLEAR_CACHE: clear_cache}
