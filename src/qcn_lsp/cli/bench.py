"""`qcn-lsp bench`: measures on this machine, each figure beside the limit it is held to."""

import argparse

_WHOLE_RUN_SECONDS = 600.0


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Enters the options."""
    parser.add_argument(
        "what",
        choices=["candidates", "review", "backend"],
        help="candidates: from the last key to the first diagnostics; review: what an editing session costs the slow "
        "server; backend: with --chaos, random load on simulated servers that fail",
    )
    parser.add_argument("--format", default="text", choices=["text", "json"], help="default: text")
    review = parser.add_argument_group("review")
    review.add_argument("--backend", metavar="URL", help="a real llama.cpp server (default: the simulator)")
    review.add_argument("--cascade", action="store_true", help="with a simulated fast server as well, which goes first")
    chaos = parser.add_argument_group("backend --chaos")
    chaos.add_argument("--chaos", action="store_true", help="random load with faults, on three simulators of its own")
    chaos.add_argument(
        "--seconds", type=float, default=_WHOLE_RUN_SECONDS, help="how long the load lasts (default: %(default)g)"
    )
    chaos.add_argument("--seed", type=int, default=0, help="what the random load begins with (default: 0)")
    parser.set_defaults(refuse=parser.error)


def run(arguments: argparse.Namespace) -> int:
    """Measures and prints."""
    if arguments.what == "candidates":
        from qcn_lsp.cli.benches import candidates

        return candidates.run(arguments.format)
    if arguments.what == "review":
        from qcn_lsp.cli.benches import review

        return review.run(arguments.format, arguments.backend, cascade=arguments.cascade)
    if not arguments.chaos:
        arguments.refuse("bench backend measures with --chaos only in this version")
    from qcn_lsp.cli.benches import chaos

    return chaos.run(arguments.format, arguments.seconds, arguments.seed)
