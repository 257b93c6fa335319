"""From what the user asked for to a command that can be started: everything is checked before anything runs."""

import re
from dataclasses import dataclass, replace
from pathlib import Path

from qcn_lsp.config.settings import ServerKind
from qcn_lsp.errors import ConfigError
from qcn_lsp.launch.commands import Choices, Runtime, command, path_inside
from qcn_lsp.launch.errors import LaunchError
from qcn_lsp.launch.machine import cores, find_program, help_text, local_threads, named_program
from qcn_lsp.launch.profile import Profile
from qcn_lsp.launch.profiles import ALL_GPU, HYBRID, LOCAL, PRACTICAL_CTX, PROFILES

_GGUF = b"GGUF"
_HUB_NAME = re.compile(r"\w[\w.-]*/\w[\w.-]*")
# Only a build that says so in its help has these. A verbosity of 4 means other things in other builds: in some of them
# it writes prompts, and so source code, into the log.
_TRACE_IS_HARMLESS = "4: trace"
_KEEPS_SITES_OUT = "special value 'localhost'"
_ONLY_IK_HAS = "--run-time-repack"


@dataclass(frozen=True, slots=True)
class Options:
    """What the user said on the command line; empty and None for nothing."""

    name: str
    model: str = ""
    port: int | None = None
    ctx: int | None = None
    threads: int | None = None
    all_gpu: bool = False
    podman: bool = False
    program: str = ""
    image: str = ""
    models: str = ""

    @property
    def runtime(self) -> Runtime:
        """What the server runs in."""
        return "podman" if self.podman else "native"


@dataclass(frozen=True, slots=True)
class Plan:
    """A command that can be started.

    Args:
        profile: Which.
        words: The command, its program an absolute path.
        port: Where it will listen.
        container: The container's name, empty without one.
        remarks: What the user should know before.
    """

    profile: Profile
    words: tuple[str, ...]
    port: int
    container: str = ""
    remarks: tuple[str, ...] = ()


def profile_of(options: Options) -> Profile:
    """The profile, checked against the options that only some have.

    Raises:
        ConfigError: An option does not go with it.
    """
    profile = PROFILES[options.name]
    if options.all_gpu and profile.name != HYBRID.name:
        raise ConfigError(f"--all-gpu is a variant of hybrid; {profile.name} has none")
    if options.podman and profile.container is None:
        raise ConfigError(f"{profile.name} needs no container; leave --podman out")
    if options.podman and options.program:
        raise ConfigError("--program names a server on this machine; leave it out with --podman")
    if (options.image or options.models) and not options.podman:
        raise ConfigError("--image and --models go with --podman")
    if options.program and profile.name == LOCAL.name:
        raise ConfigError("local runs the llama.cpp of this installation; leave --program out")
    if ":" in options.models:
        raise ConfigError(f"--models {options.models}: podman cannot mount a folder with a colon in its name")
    return ALL_GPU if options.all_gpu else profile


def choices_of(options: Options, profile: Profile) -> Choices:
    """What differs from the profile, the machine's cores included. Nothing is checked but the shape."""
    physical, logical = cores()
    models, model = options.models, options.model
    if options.models:
        models = str(_absolute(options.models))
    if model and profile.takes_gguf:
        model = str(_absolute(model))
        if options.podman:
            models = models or str(Path(model).parent)
            model = _inside(profile, model, models)
    elif model:
        model = _hub_name_or_folder(model, podman=options.podman)
    return Choices(
        model=model,
        port=options.port,
        ctx=options.ctx,
        threads=options.threads
        or (local_threads(physical) if profile.name == LOCAL.name else min(profile.threads, physical)),
        threads_batch=options.threads or min(profile.threads_batch, logical),
        image=options.image,
        models=models,
        program=options.program,
    )


def remarks_on(options: Options, profile: Profile) -> tuple[str, ...]:
    """What is worth saying of the choices."""
    remarks = []
    physical, _ = cores()
    if not options.threads and physical < profile.threads:
        remarks.append(f"{physical} threads instead of the published {profile.threads}: this machine has no more cores")
    if profile.server is ServerKind.IK_LLAMA_CPP and options.ctx and options.ctx > PRACTICAL_CTX:
        remarks.append(f"a context past {PRACTICAL_CTX:,} makes a massive KV cache; the study calls it impractical")
    return tuple(remarks)


def prepare(options: Options) -> Plan:
    """Checks all of it.

    Raises:
        ConfigError: Something the user said is wrong or missing.
        LaunchError: The server is not installed.
    """
    profile = profile_of(options)
    _check_model(options, profile)
    choices = choices_of(options, profile)
    remarks = remarks_on(options, profile)
    container = ""
    more: tuple[str, ...] = ()
    if options.podman:
        container = f"qcn-lsp-{profile.name}"
        choices = replace(choices, program=_podman(options, choices))
    else:
        program = _program(options, profile)
        choices = replace(choices, program=program)
        if profile.takes_gguf and profile.name != LOCAL.name:
            text = help_text(program)
            more = _more_flags(text)
            remarks += _another_server(text, profile, program)
    words = (*command(profile, options.runtime, choices), *more)
    return Plan(profile, words, options.port or profile.port, container, remarks)


def _absolute(path: str) -> Path:
    """Servers are started in another folder. Links stay: the Hub's cache consists of them."""
    return Path(path).expanduser().absolute()


def _inside(profile: Profile, model: str, models: str) -> str:
    inside = path_inside(profile, model, models)
    if inside is None:
        raise ConfigError(f"--model {model}: is not below --models {models}, so the container cannot see it")
    return inside


def _hub_name_or_folder(model: str, *, podman: bool) -> str:
    """A folder is one only if it is spelt like one: a name must not turn into code out of the current folder."""
    if model.startswith(("/", ".", "~")):
        folder = _absolute(model)
        if podman:
            raise ConfigError(f"--model {model}: in a container the model is a name at the Hugging Face Hub")
        if not folder.is_dir():
            raise ConfigError(f"--model {model}: no such folder; name the folder with the model's config.json")
        return str(folder)
    if not _HUB_NAME.fullmatch(model):
        raise ConfigError(f"--model {model}: expected OWNER/NAME at the Hugging Face Hub, or the path of a folder")
    return model


def _check_model(options: Options, profile: Profile) -> None:
    if not profile.takes_gguf:
        return
    if not options.model:
        raise ConfigError(f"say which model {profile.name} shall serve: --model FILE.gguf")
    path = _absolute(options.model)
    try:
        with path.open("rb") as file:
            is_gguf = file.read(len(_GGUF)) == _GGUF
    except OSError as error:
        raise ConfigError(f"--model {options.model}: cannot be read ({error.strerror}); check the path") from None
    if not is_gguf:
        raise ConfigError(f"--model {options.model}: is not a GGUF file; llama.cpp reads no other format")


def _podman(options: Options, choices: Choices) -> str:
    if not options.image:
        raise ConfigError("say which image podman shall run: --image NAME, one whose entry point is the server")
    if not choices.models:
        raise ConfigError("say where downloads are kept: --models DIR, such as ~/.cache/huggingface")
    if not Path(choices.models).is_dir():
        raise ConfigError(f"--models {options.models}: no such folder")
    return _installed(find_program("podman"), "podman", "install it with your system's packages", options.name)


def _program(options: Options, profile: Profile) -> str:
    if profile.name == LOCAL.name:
        return _python_with_llama(profile)
    if options.program:
        return named_program(options.program)
    name = profile.program[0]
    return _installed(find_program(name), name, profile.install, profile.name)


def _python_with_llama(profile: Profile) -> str:
    import sys
    from importlib.util import find_spec

    if find_spec("xllamacpp") is None:
        raise LaunchError(f"{profile.name} needs llama.cpp as a Python package, which is missing; {profile.install}")
    return sys.executable


def _installed(found: str | None, name: str, remedy: str, mode: str) -> str:
    if found is None:
        raise LaunchError(
            f"{name} is not on PATH; {remedy} (`qcn-lsp backend command {mode}` prints the command for elsewhere)"
        )
    return found


def _more_flags(help_of_server: str) -> tuple[str, ...]:
    """For builds that have them: log where the weights go, and keep other sites' web pages out."""
    log = ("-lv", "4") if _TRACE_IS_HARMLESS in help_of_server else ()
    sites = ("--cors-origins", "localhost") if _KEEPS_SITES_OUT in help_of_server else ()
    return (*log, *sites)


def _another_server(help_of_server: str, profile: Profile, program: str) -> tuple[str, ...]:
    if not help_of_server:
        return ()
    found = ServerKind.IK_LLAMA_CPP if _ONLY_IK_HAS in help_of_server else ServerKind.LLAMA_CPP
    if found is profile.server:
        return ()
    remark = (
        f"{program} is {found}'s, but {profile.name} is meant for {profile.server}: name the other with --program, "
        f'or write server = "{found}" into its [backends] section'
    )
    return (remark,)
