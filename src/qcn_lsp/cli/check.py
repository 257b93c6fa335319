"""`qcn-lsp check`: reviews files and prints what it found."""

import argparse
import asyncio
import contextlib
import os
import signal
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from qcn_lsp.cli.configuration import settings_of
from qcn_lsp.cli.main import NOT_REVIEWED
from qcn_lsp.cli.output import print_blocks
from qcn_lsp.config.load import user_file
from qcn_lsp.config.settings import Mode, Settings
from qcn_lsp.core.finding import FindingState
from qcn_lsp.core.severity import Severity
from qcn_lsp.report.model import Report
from qcn_lsp.session.paths import workspace_root
from qcn_lsp.workspace.walk import Ignored

if TYPE_CHECKING:
    from qcn_lsp.session.batch import Batch

NOTHING_FOUND = 0
FINDINGS = 1

_NEVER = "never"
_AUTO = "auto"


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Enters the options."""
    parser.add_argument("paths", nargs="*", type=Path, metavar="PATH", help="files or folders (default: this folder)")
    parser.add_argument("--diff", metavar="REV", help="only what changed since a git revision; HEAD: not committed yet")
    parser.add_argument(
        "--mode",
        default=_AUTO,
        choices=[_AUTO, *(mode.value for mode in Mode)],
        help="who reviews (default: the best that is up; embedded: the analyzers alone)",
    )
    parser.add_argument("--format", default="text", choices=["text", "json", "sarif"], help="default: text")
    parser.add_argument("--output", type=Path, metavar="FILE", help="write there instead of standard output")
    parser.add_argument(
        "--fail-on",
        default=Severity.HIGH.value,
        choices=[*(severity.value for severity in Severity), _NEVER],
        help="exit with 1 for findings at least this severe (default: high)",
    )
    parser.add_argument("--no-cache", action="store_true", help="neither use nor keep what was reviewed before")
    parser.add_argument("--config", metavar="FILE", default=argparse.SUPPRESS, help="the configuration file")


def run(arguments: argparse.Namespace) -> int:
    """Reviews, prints, and says with the exit code what came of it.

    Raises:
        ConfigError: A path, a revision or the configuration is wrong.
    """
    paths = [Path(os.path.normpath(path.absolute())) for path in arguments.paths or [Path()]]
    if arguments.output:
        arguments.output.touch()  # better to learn now that it cannot be written than after an hour
    try:
        report = asyncio.run(
            _check(arguments, settings_of(user_file(arguments.config), workspace_root(paths[0])), paths)
        )
    except asyncio.CancelledError:
        raise KeyboardInterrupt from None
    _print(report, arguments.format, arguments.output)
    for note in report.notes:
        print(f"qcn-lsp: {note}", file=sys.stderr)
    if arguments.fail_on != _NEVER:
        least = Severity(arguments.fail_on).rank
        standing = (one for one in report.findings if one.state is not FindingState.DISMISSED)
        if any(one.severity.rank >= least for one in standing):
            return FINDINGS
    return NOT_REVIEWED if report.problems else NOTHING_FOUND


async def _check(arguments: argparse.Namespace, settings: Settings, paths: Sequence[Path]) -> Report:
    from qcn_lsp.cli.progress import progress_on_terminal
    from qcn_lsp.session.batch import Batch
    from qcn_lsp.session.engine import Engine
    from qcn_lsp.session.remembered import Memory
    from qcn_lsp.session.targets import find_targets
    from qcn_lsp.storage.async_store import AsyncStore

    modes = settings.routing.review if arguments.mode == _AUTO else (Mode(arguments.mode),)
    ignored = Ignored(settings.ignore, workspace_root(paths[0]))
    targets = await find_targets(paths, arguments.diff, ignored)
    engine = Engine(settings)
    memory = Memory(None if arguments.no_cache else AsyncStore(tell=_tell))
    try:
        with progress_on_terminal() as watch:
            batch = Batch(engine, watch, memory)
            _stop_on_interrupt(batch)
            return await batch.run(targets, modes)
    finally:
        await engine.close()
        await memory.close()


def _tell(sentence: str) -> None:
    print(f"qcn-lsp: {sentence}", file=sys.stderr)


def _stop_on_interrupt(batch: "Batch") -> None:
    """Ctrl-C gives up the rest and reports what is known; a second one ends at once."""
    loop, whole = asyncio.get_running_loop(), asyncio.current_task()

    def interrupted() -> None:
        if batch.is_stopped and whole:
            whole.cancel()
        batch.stop("interrupted")

    with contextlib.suppress(NotImplementedError):  # Windows: Ctrl-C ends at once
        loop.add_signal_handler(signal.SIGINT, interrupted)


def _print(report: Report, form: str, output: Path | None) -> None:
    text = _rendered(report, form)
    if text is None:
        _print_text(report, output)
    elif output:
        output.write_text(text, "utf-8", errors="replace")
    elif sys.stdout:
        sys.stdout.buffer.write(text.encode("utf-8", "replace"))
        sys.stdout.buffer.flush()


def _rendered(report: Report, form: str) -> str | None:
    if form == "json":
        from qcn_lsp.report import json_report

        return json_report.render(report)
    if form == "sarif":
        from qcn_lsp.report import sarif

        return sarif.render(report)
    return None


def _print_text(report: Report, output: Path | None) -> None:
    from qcn_lsp.report import text

    if output:
        from rich.console import Console

        with output.open("w", encoding="utf-8", errors="replace") as file:
            console = Console(file=file, width=200, soft_wrap=True)
            for block in text.render(report):
                console.print(block)
        return
    print_blocks(text.render(report))
