"""`qcn-lsp backend`: prints, starts and stops the model servers of the three modes, and a small one."""

import argparse
import shutil
import sys
from typing import TYPE_CHECKING, Self

from qcn_lsp.cli.figures import COUNT, NOT_NEGATIVE, PORT
from qcn_lsp.launch.profiles import LOCAL, PROFILES

if TYPE_CHECKING:
    from qcn_lsp.launch.plan import Options
    from qcn_lsp.launch.state import Started, StateFolder

_FAILED = 3
_WAIT_SECONDS = 900.0
_WIDEST = 110
_SPINNER_COLUMNS = 4


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Enters the options."""
    actions = parser.add_subparsers(dest="action", metavar="ACTION", required=True)
    actions.add_parser("list", help="the modes, where they are looked for, and what is up")
    _add(actions, "show", "a mode's command flag by flag, with the reasons, and what its server took").add_argument(
        "--all-gpu", action="store_true", help="hybrid with the experts on the GPU too"
    )
    command = _add(actions, "command", "prints the command, to be pasted into a shell")
    _add_choices(command)
    command.add_argument(
        "--native", dest="podman", action="store_false", default=False, help="without podman (the default)"
    )
    up = _add(actions, "up", "starts the server in the background and waits until it has loaded")
    _add_choices(up)
    up.add_argument(
        "--wait",
        type=NOT_NEGATIVE,
        default=_WAIT_SECONDS,
        metavar="SECONDS",
        help=f"how long to wait until it has loaded, 0 for not at all (default: {_WAIT_SECONDS:g})",
    )
    _add(actions, "down", "stops the server, if it was started with `up`")


def run(arguments: argparse.Namespace) -> int:
    """Does what was asked; returns the exit code."""
    actions = {"list": _list, "show": _show, "command": _command, "up": _up, "down": _down}
    return actions[arguments.action](arguments)


def _add(
    actions: "argparse._SubParsersAction[argparse.ArgumentParser]", name: str, purpose: str
) -> argparse.ArgumentParser:
    parser = actions.add_parser(name, help=purpose, description=purpose)
    parser.add_argument("mode", choices=list(PROFILES), metavar="MODE", help=f"one of {', '.join(PROFILES)}")
    return parser


def _add_choices(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--model", default="", metavar="FILE", help="the GGUF file; for nvfp4 a name at the Hub")
    parser.add_argument("--port", type=PORT, help="where to listen (default: the mode's)")
    parser.add_argument("--ctx", type=COUNT, metavar="TOKENS", help="context (default: the mode's)")
    parser.add_argument("--threads", type=COUNT, metavar="N", help="threads (default: published, if there are cores)")
    parser.add_argument("--all-gpu", action="store_true", help="hybrid with the experts on the GPU too")
    parser.add_argument("--program", default="", metavar="FILE", help="the server, if it is not the one on PATH")
    parser.add_argument("--podman", action="store_true", help="in a container")
    parser.add_argument("--image", default="", help="with --podman: an image whose entry point is the server")
    parser.add_argument("--models", default="", metavar="DIR", help="with --podman: the folder to mount")


def _list(_: argparse.Namespace) -> int:
    import asyncio

    from qcn_lsp.launch.describe import table
    from qcn_lsp.launch.state import StateFolder

    state = StateFolder()
    ours = {name: state.running(name) for name in PROFILES}
    ports = {name: started.port if started else PROFILES[name].port for name, started in ours.items()}

    async def listening() -> list[bool]:
        return await asyncio.gather(*(_is_listening(port) for port in ports.values()))

    up = dict(zip(ports, asyncio.run(listening()), strict=True))
    print(table((PROFILES[name], ports[name], _state(ours[name], up=up[name])) for name in PROFILES))
    return 0


def _state(started: "Started | None", *, up: bool) -> str:
    from qcn_lsp.launch.health import Health, health

    if started is None:
        return "up, not started from here" if up else "down"
    ready = up and health(started.port) is Health.READY
    return f"{'up' if ready else 'loading'}, started from here (pid {started.pid})"


async def _is_listening(port: int) -> bool:
    from qcn_lsp.backends.reachability import is_listening
    from qcn_lsp.launch.commands import LOOPBACK

    return await is_listening(f"http://{LOOPBACK}:{port}")


def _show(arguments: argparse.Namespace) -> int:
    from dataclasses import replace

    from qcn_lsp.launch.describe import explained
    from qcn_lsp.launch.log_facts import read_facts
    from qcn_lsp.launch.plan import Options, profile_of
    from qcn_lsp.launch.state import StateFolder

    profile = profile_of(Options(arguments.mode, all_gpu=arguments.all_gpu))
    state = StateFolder()
    started = state.running(profile.name)
    if started and started.facts is None:
        started = replace(started, facts=read_facts(state.log_text(profile.name)))
    print(explained(profile, started, min(shutil.get_terminal_size((_WIDEST, 24)).columns, _WIDEST)))
    return 0


def _command(arguments: argparse.Namespace) -> int:
    from dataclasses import replace

    from qcn_lsp.launch.commands import command, shell_text, variables
    from qcn_lsp.launch.plan import choices_of, profile_of, remarks_on

    options = _options(arguments)
    profile = profile_of(options)
    choices = choices_of(options, profile)
    if profile.name == LOCAL.name:
        choices = replace(choices, program=sys.executable)
    words = command(profile, options.runtime, choices)
    print(shell_text(words))
    for remark in remarks_on(options, profile):
        _say(remark)
    for sentence in variables(profile, words):
        _say(sentence)
    _say(f"`qcn-lsp backend show {profile.name}` has a reason for each flag")
    return 0


def _up(arguments: argparse.Namespace) -> int:
    import asyncio

    from qcn_lsp.launch.errors import LaunchError
    from qcn_lsp.launch.plan import prepare
    from qcn_lsp.launch.start import start
    from qcn_lsp.launch.state import StateFolder

    plan = prepare(_options(arguments))
    name = plan.profile.name
    state = StateFolder()
    with state.lock(name):
        running = state.running(name)
        if running and running.command == plan.words:
            _say(f"{name} runs already, as pid {running.pid} on port {running.port}")
            return 0
        if running:
            raise LaunchError(
                f"{name} runs already with another command, as pid {running.pid} on port {running.port}; "
                f"stop it first with `qcn-lsp backend down {name}`"
            )
        if asyncio.run(_is_listening(plan.port)):
            raise LaunchError(_port_is_taken(plan.port, state))
        for remark in plan.remarks:
            _say(remark)
        _say(f"starting {name} (log: {state.log(name)})")
        with _Loading(name) as watch:
            started = start(plan, state, arguments.wait, watch.tell)
    return _report_up(started, arguments)


def _port_is_taken(port: int, state: "StateFolder") -> str:
    ours = next((name for name in PROFILES if (other := state.running(name)) and other.port == port), None)
    if ours:
        return f"port {port} is taken by {ours}, which was started from here; choose another with --port, or stop it"
    return f"port {port} is taken by a server that was not started from here; choose another with --port"


def _report_up(started: "Started", arguments: argparse.Namespace) -> int:
    from qcn_lsp.config.load import user_file
    from qcn_lsp.launch.describe import configuration, running_lines

    profile = PROFILES[started.name]
    _say(f"{profile.name} is {'up' if arguments.wait else 'loading'}")
    for line in running_lines(started):
        print(f"  {line}", file=sys.stderr)
    if profile.name == LOCAL.name or started.port != profile.port:
        file = user_file(arguments.config) or "~/.config/qcn-lsp/config.toml"
        _say(f"qcn-lsp finds it with this in {file} (once backends are named there, only those are used):")
        print(configuration(profile, started.port))
    return 0


def _down(arguments: argparse.Namespace) -> int:
    import asyncio

    from qcn_lsp.launch.state import StateFolder
    from qcn_lsp.launch.stop import stop

    state = StateFolder()
    name: str = arguments.mode
    stopped = stop(name, state)
    if stopped:
        _say(f"{name} (pid {stopped.pid}) is stopped")
        return 0
    if state.is_damaged(name):
        _say(f"{state.folder / name}.json cannot be read, so nothing is known of what was started; delete it")
        return _FAILED
    port = PROFILES[name].port
    if asyncio.run(_is_listening(port)):
        _say(f"the server on port {port} was not started from here, and is left alone")
        return _FAILED
    _say(f"nothing to stop: no {name} was started from here, and nobody listens on port {port}")
    return 0


class _Loading:
    """Shows how a server loads: one line that changes on a terminal, else a line now and then."""

    _LINE_SECONDS = 15.0

    def __init__(self, name: str) -> None:
        self._name = name
        self._next = self._LINE_SECONDS
        self._status = None
        if sys.stderr.isatty():
            from rich.console import Console

            self._status = Console(stderr=True, highlight=False).status(f"loading {name}")

    def __enter__(self) -> Self:
        if self._status:
            self._status.start()
        return self

    def __exit__(self, *_: object) -> None:
        if self._status:
            self._status.stop()

    def tell(self, seconds: float, line: str) -> None:
        """The next state."""
        if self._status:
            from rich.text import Text

            # The log's line is text and no markup, and stays a line.
            text = Text(f"loading {self._name}, {seconds:.0f} s: {line}")
            text.truncate(shutil.get_terminal_size().columns - _SPINNER_COLUMNS, overflow="ellipsis")
            self._status.update(text)
        elif seconds >= self._next:
            self._next += self._LINE_SECONDS
            _say(f"loading {self._name}, {seconds:.0f} s: {line}")


def _options(arguments: argparse.Namespace) -> "Options":
    from qcn_lsp.launch.plan import Options

    return Options(
        name=arguments.mode,
        model=arguments.model,
        port=arguments.port,
        ctx=arguments.ctx,
        threads=arguments.threads,
        all_gpu=arguments.all_gpu,
        podman=arguments.podman,
        program=arguments.program,
        image=arguments.image,
        models=arguments.models,
    )


def _say(sentence: str) -> None:
    print(f"qcn-lsp backend: {sentence}", file=sys.stderr)
