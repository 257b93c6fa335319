"""`qcn-lsp simulate`: a simulated model server."""

import argparse
import sys
from pathlib import Path

from qcn_lsp.errors import ConfigError

_FAULTS = ("refuse", "hang", "garbage", "cut", "midstream", "slow", "500", "overflow", "lines")
_USAGE = 2


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Adds the options of the command."""
    parser.description = (
        "Serves simulated answers in the dialect, and at the published speed, of a mode's model server."
    )
    parser.add_argument("--mode", choices=("precise", "hybrid", "nvfp4"), required=True, help="which server to be")
    parser.add_argument("--host", default="127.0.0.1", help="address to listen on (default: %(default)s)")
    parser.add_argument(
        "--port", type=int, default=0, help="port to listen on (default: any free one, which is printed)"
    )
    parser.add_argument(
        "--speed", type=_factor, default=1.0, metavar="FACTOR", help="1 is the published speed, 0 does not wait at all"
    )
    parser.add_argument("--slots", type=_count, default=1, metavar="N", help="requests served at once (default: 1)")
    parser.add_argument("--ctx", type=_count, metavar="TOKENS", help="context of a slot (default: the mode's)")
    parser.add_argument(
        "--load", type=_factor, default=0.0, metavar="SECONDS", help="how long it answers 503 after its start"
    )
    parser.add_argument(
        "--script", type=Path, metavar="FILE", help="what to answer, in TOML (default: a few known flaws)"
    )
    parser.add_argument(
        "--log",
        type=Path,
        metavar="FILE",
        help="appends one JSON line a generation: tokens, and `seconds` at the published speed whatever --speed is",
    )
    parser.add_argument("--fault", choices=_FAULTS, help="what goes wrong on purpose in every generation")


def run(arguments: argparse.Namespace) -> int:
    """Serves until SIGTERM or SIGINT; returns the exit code."""
    import asyncio

    from qcn_lsp.simulator.options import Fault, Options
    from qcn_lsp.simulator.profiles import PROFILES
    from qcn_lsp.simulator.script_file import load_script
    from qcn_lsp.simulator.serve import serve

    profile = PROFILES[arguments.mode]
    if not profile.simulated:
        return _refuse(f"mode {profile.mode} is not simulated yet; choose precise or hybrid")
    try:
        options = Options(
            profile=profile,
            script=load_script(arguments.script),
            ctx=arguments.ctx or profile.ctx,
            speed=arguments.speed,
            slots=arguments.slots,
            load_seconds=arguments.load,
            fault=Fault(arguments.fault) if arguments.fault else None,
            log=arguments.log,
        )
        asyncio.run(serve(options, arguments.host, arguments.port))
    except ConfigError as error:
        return _refuse(str(error))
    except KeyboardInterrupt:
        pass
    return 0


def _refuse(sentence: str) -> int:
    print(f"qcn-lsp simulate: {sentence}", file=sys.stderr)
    return _USAGE


def _factor(text: str) -> float:
    value = float(text)
    if not 0 <= value < float("inf"):
        raise argparse.ArgumentTypeError("must be a number from 0 on")
    return value


def _count(text: str) -> int:
    value = int(text)
    if value < 1:
        raise argparse.ArgumentTypeError("must be a whole number from 1 on")
    return value


if __name__ == "__main__":
    _parser = argparse.ArgumentParser(prog="qcn-lsp simulate")
    add_arguments(_parser)
    sys.exit(run(_parser.parse_args()))
