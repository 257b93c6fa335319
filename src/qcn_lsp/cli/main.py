"""`qcn-lsp`: chooses the command. Imports next to nothing, since the language server starts through here too."""

import argparse
import os
import sys
from collections.abc import Sequence
from importlib import import_module

from qcn_lsp import __version__

BAD_USAGE = 2
NOT_REVIEWED = 3
INTERRUPTED = 130
_HIGHEST_PORT = 65535

# Name → what it does; each has a module here with `add_arguments(parser)` and `run(arguments) -> int`.
_COMMANDS = {
    "check": "review files or folders and print findings",
    "doctor": "find the model servers, say what is wrong and how to mend it",
    "backend": "print, start and stop the model servers",
    "bench": "measure speed",
    "simulate": "run a simulated model server",
}


def run() -> None:
    """The entry point of the console script."""
    sys.exit(main(sys.argv[1:]))


def main(arguments: Sequence[str]) -> int:
    """Runs one command.

    Returns:
        The exit code; 2 for bad usage or configuration.
    """
    from qcn_lsp.errors import ConfigError, QcnError

    parsed = _parse(arguments)
    try:
        if parsed.command is None:
            return _serve(parsed)
        code: int = import_module(f"qcn_lsp.cli.{parsed.command}").run(parsed)
    except QcnError as error:
        return _complain(str(error), BAD_USAGE if isinstance(error, ConfigError) else NOT_REVIEWED)
    except KeyboardInterrupt:
        return INTERRUPTED
    except BrokenPipeError:
        # The reader (`head`) has gone. Python would complain again when it flushes at exit.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 1
    except OSError as error:
        return _complain(": ".join(str(part) for part in (error.filename, error.strerror or error) if part), BAD_USAGE)
    return code


def _complain(text: str, code: int) -> int:
    print(f"qcn-lsp: {text}", file=sys.stderr)
    return code


def _parse(arguments: Sequence[str]) -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        prog="qcn-lsp",
        description="Security review of changed code by a model on your own machine. "
        "Without a command it is the language server.",
    )
    parser.add_argument("--version", action="version", version=f"qcn-lsp {__version__}")
    parser.add_argument("--stdio", action="store_true", help="serve an editor on standard input and output")
    parser.add_argument("--tcp", metavar="HOST:PORT", help="serve one editor on a TCP connection")
    parser.add_argument("--allow-remote", action="store_true", help="let --tcp listen on other than this machine")
    parser.add_argument("--config", metavar="FILE", help="the configuration file")
    commands = parser.add_subparsers(dest="command", metavar="COMMAND")
    for name, purpose in _COMMANDS.items():
        command = commands.add_parser(name, help=purpose, description=purpose)
        # Only the command that is called is imported, for its options.
        if name in arguments:
            import_module(f"qcn_lsp.cli.{name}").add_arguments(command)
    parsed = parser.parse_args(arguments)
    if parsed.command is None and not (parsed.stdio or parsed.tcp):
        parser.error("say what to do: --stdio, --tcp HOST:PORT, or a command")
    return parsed


def _serve(parsed: argparse.Namespace) -> int:
    import gc

    # Importing lsprotocol builds some hundred thousand objects that all stay: collecting in between finds nothing.
    gc.disable()
    from qcn_lsp.server.serve import serve_stdio, serve_tcp

    gc.freeze()
    gc.enable()
    if parsed.tcp is None:
        return serve_stdio(parsed.config)
    host, port = _address(parsed.tcp, allow_remote=parsed.allow_remote)
    return serve_tcp(host, port, parsed.config)


def _address(text: str, *, allow_remote: bool) -> tuple[str, int]:
    from qcn_lsp.config.schema import is_loopback
    from qcn_lsp.errors import ConfigError

    host, _, port = text.rpartition(":")
    host = host.strip("[]")
    if not host or not port.isdecimal() or int(port) > _HIGHEST_PORT:
        raise ConfigError(f"--tcp {text}: expected HOST:PORT, such as 127.0.0.1:2087")
    if not allow_remote and not is_loopback(host):
        raise ConfigError(f"--tcp {text}: is not on this machine; add --allow-remote to let others connect")
    return host, int(port)
