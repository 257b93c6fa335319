"""`qcn-lsp simulate`: a simulated model server."""

import argparse
import sys
from pathlib import Path

from qcn_lsp.cli.figures import ANY_PORT, COUNT, NOT_NEGATIVE, SHARE
from qcn_lsp.errors import ConfigError

_FAULTS = ("refuse", "hang", "garbage", "cut", "midstream", "slow", "500", "overflow", "lines")
_USAGE = 2


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Adds the options of the command."""
    parser.description = (
        "Serves simulated answers in the dialect, and at the published speed, of a mode's model server: "
        "llama.cpp's (precise), ik_llama.cpp's (hybrid) or vLLM's (nvfp4)."
    )
    parser.add_argument("--mode", choices=("precise", "hybrid", "nvfp4"), required=True, help="which server to be")
    parser.add_argument("--host", default="127.0.0.1", help="address to listen on (default: %(default)s)")
    parser.add_argument(
        "--port", type=ANY_PORT, default=0, help="port to listen on (default: any free one, which is printed)"
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
    _add_sizes(parser)
    _add_flags(parser)
    _add_faults(parser)


def _add_sizes(parser: argparse.ArgumentParser) -> None:
    group = parser.add_argument_group("speed and size")
    group.add_argument(
        "--speed",
        type=NOT_NEGATIVE,
        default=1.0,
        metavar="FACTOR",
        help="1 is the published speed, 0 does not wait at all",
    )
    group.add_argument("--slots", type=COUNT, default=1, metavar="N", help="requests served at once (default: 1)")
    group.add_argument("--ctx", type=COUNT, metavar="TOKENS", help="context of a slot (default: the mode's)")
    group.add_argument(
        "--batch",
        type=COUNT,
        default=2048,
        metavar="TOKENS",
        help="prompt tokens read at once; a client that leaves meanwhile is noticed at the end (default: %(default)s)",
    )
    group.add_argument(
        "--load",
        type=NOT_NEGATIVE,
        default=0.0,
        metavar="SECONDS",
        help="how long the model loads after the start: precise and hybrid answer 503, nvfp4 refuses connections",
    )


def _add_flags(parser: argparse.ArgumentParser) -> None:
    group = parser.add_argument_group("the real servers' own flags")
    group.add_argument("--api-key", metavar="TEXT", help="refuses requests without this key")
    group.add_argument("--metrics", action="store_true", help="precise, hybrid: serve /metrics (nvfp4 always does)")
    group.add_argument(
        "--prompt-tokens-details",
        action="store_true",
        help="nvfp4: tell what came from the cache, as vLLM does with --enable-prompt-tokens-details",
    )


def _add_faults(parser: argparse.ArgumentParser) -> None:
    group = parser.add_argument_group("faults")
    group.add_argument(
        "--fault",
        choices=_FAULTS,
        action="append",
        default=[],
        help="what goes wrong on purpose; may be given several times, then each request suffers one of them",
    )
    group.add_argument(
        "--fault-rate",
        type=SHARE,
        default=1.0,
        metavar="SHARE",
        help="share of the requests for a generation that suffer, from 0 to 1 (default: all)",
    )
    group.add_argument(
        "--seed", type=int, default=0, metavar="N", help="decides which requests suffer what (default: %(default)s)"
    )


def run(arguments: argparse.Namespace) -> int:
    """Serves until SIGTERM or SIGINT; returns the exit code."""
    import asyncio

    from qcn_lsp.config.published import PUBLISHED
    from qcn_lsp.config.settings import Mode
    from qcn_lsp.simulator.options import Fault, Options
    from qcn_lsp.simulator.script_file import load_script
    from qcn_lsp.simulator.serve import serve

    published = PUBLISHED[Mode(arguments.mode)]
    try:
        options = Options(
            published=published,
            script=load_script(arguments.script),
            ctx=arguments.ctx or published.ctx,
            speed=arguments.speed,
            slots=arguments.slots,
            batch=arguments.batch,
            load_seconds=arguments.load,
            faults=tuple(Fault(fault) for fault in arguments.fault),
            fault_rate=arguments.fault_rate,
            seed=arguments.seed,
            log=arguments.log,
            api_key=arguments.api_key,
            metrics=arguments.metrics,
            prompt_tokens_details=arguments.prompt_tokens_details,
        )
        asyncio.run(serve(options, arguments.host, arguments.port))
    except ConfigError as error:
        print(f"qcn-lsp simulate: {error}", file=sys.stderr)
        return _USAGE
    except KeyboardInterrupt:
        pass
    return 0


if __name__ == "__main__":
    _parser = argparse.ArgumentParser(prog="qcn-lsp simulate")
    add_arguments(_parser)
    sys.exit(run(_parser.parse_args()))
