"""`qcn-lsp doctor`: finds the model servers, says what each can do, what is wrong and how to mend it."""

import argparse
import asyncio
import contextlib
import sys
from collections.abc import Callable, Iterator

from qcn_lsp.cli.configuration import settings_of
from qcn_lsp.cli.output import print_blocks
from qcn_lsp.config.load import user_file
from qcn_lsp.config.settings import DEFAULT_BACKENDS

NOT_USABLE = 3


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Enters the options."""
    parser.description = (
        "Looks at every model server of the configuration, or at the default ports, and lets each review a sample. "
        "Exit codes: 0 every server that the configuration names can be used, or it names none; "
        f"2 bad usage or configuration; {NOT_USABLE} a server that it names cannot be used."
    )
    parser.add_argument("--json", action="store_true", help="print JSON for programs")
    parser.add_argument("--quick", action="store_true", help="only ask; let no server review a sample")


def run(arguments: argparse.Namespace) -> int:
    """Examines and prints.

    Raises:
        ConfigError: The configuration is wrong.
    """
    from qcn_lsp.session.doctor import diagnose

    file = user_file(arguments.config)
    settings = settings_of(file)
    configured = settings.backends is not DEFAULT_BACKENDS
    source = f"from {file}" if configured else "the default ports, since no configuration names any"
    with _progress() as tell:
        diagnosis = asyncio.run(diagnose(settings, source, trials=not arguments.quick, tell=tell))
    if arguments.json:
        from qcn_lsp.report import diagnosis_json

        sys.stdout.write(diagnosis_json.render(diagnosis))
    else:
        from qcn_lsp.report import diagnosis_text

        print_blocks(diagnosis_text.render(diagnosis))
    return NOT_USABLE if configured and not all(one.serves() for one in diagnosis.backends) else 0


@contextlib.contextmanager
def _progress() -> Iterator[Callable[[str], None]]:
    """Shows what goes on, on a terminal only."""
    if not sys.stderr.isatty():
        yield lambda _: None
        return
    from rich.console import Console

    with Console(stderr=True).status("looking at the model servers") as status:
        yield status.update
