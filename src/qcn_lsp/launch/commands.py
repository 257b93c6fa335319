"""A profile and what the user chose, as a command. Pure: nothing is looked up or started."""

import re
import shlex
from dataclasses import dataclass
from pathlib import PurePath
from typing import Literal

from qcn_lsp.launch.profile import CTX, HOST, INSIDE, MODEL, MODELS, NAME, PORT, THREADS, THREADS_BATCH, Flag, Profile

Runtime = Literal["native", "podman"]
LOOPBACK = "127.0.0.1"
_ANYWHERE = "0.0.0.0"  # noqa: S104 - inside a container, whose port podman publishes to the loopback address only
_VARIABLE = re.compile(r"\$(\w+)")
_PLACE = re.compile(r"\{[a-z-]+\}")


class Variable(str):
    """Words with a shell variable in them, to be filled in by whoever pastes the command."""

    __slots__ = ()


@dataclass(frozen=True, slots=True)
class Choices:
    """What the user chose; None and empty stand for the profile's own, or for a shell variable.

    Args:
        model: A file, or a name at the Hub. For podman a path inside the container.
        port: On this machine.
        ctx: Tokens.
        threads: Of generation.
        threads_batch: Of reading prompts.
        program: What stands in the place of the profile's program name.
        image: For podman.
        models: The folder of the models, for podman.
    """

    model: str = ""
    port: int | None = None
    ctx: int | None = None
    threads: int | None = None
    threads_batch: int | None = None
    program: str = ""
    image: str = ""
    models: str = ""


def command(profile: Profile, runtime: Runtime = "native", choices: Choices | None = None) -> tuple[str, ...]:
    """The words of the command.

    Args:
        profile: Which.
        runtime: The server itself, or podman around it.
        choices: What differs from the profile.

    Raises:
        ValueError: The profile has no container.
    """
    chosen = choices or Choices()
    if runtime == "native":
        values = _values(profile, chosen) | {HOST: LOOPBACK}
        program = (chosen.program or profile.program[0], *profile.program[1:])
        return (*_environment(profile, ("env",), ()), *program, *_words(profile.flags, values))
    if profile.container is None:
        raise ValueError(f"{profile.name} has no container")
    values = _values(profile, chosen) | {INSIDE: str(profile.container.port)}
    inside = values | {HOST: _ANYWHERE, PORT: values[INSIDE]}
    if not chosen.model and profile.container.folder:
        inside[MODEL] = Variable(f"{profile.container.folder}/$MODEL")
    return (
        chosen.program or "podman",
        "run",
        *_words(profile.container.flags, values),
        *_environment(profile, (), ("-e",)),
        chosen.image or Variable("$IMG"),
        *_words(profile.flags, inside),
    )


def path_inside(profile: Profile, model: str, models: str) -> str | None:
    """Where a model's file is inside the container, None if it is not below the mounted folder."""
    assert profile.container is not None  # noqa: S101 - for the type checker: only profiles with one come here
    path = PurePath(model)
    if not path.is_relative_to(models):
        return None
    return str(PurePath(profile.container.folder) / path.relative_to(models))


def shell_text(words: tuple[str, ...]) -> str:
    """The command as text for a shell, one flag a line."""
    text = ""
    for word in words:
        quoted = f'"{word}"' if isinstance(word, Variable) else shlex.quote(word)
        text += (" \\\n  " if word.startswith("-") else " ") + quoted if text else quoted
    return text


def variables(profile: Profile, words: tuple[str, ...]) -> list[str]:
    """What to set before a command with shell variables is pasted, a sentence each."""
    named = {name for word in words if isinstance(word, Variable) for name in _VARIABLE.findall(word)}
    folder = "the folder of models" if profile.takes_gguf else "the Hugging Face Hub's cache, ~/.cache/huggingface"
    meanings = {
        "MODEL": f"the model's GGUF file{', as seen from MO' if 'MO' in named else ''}",
        "MO": folder,
        "IMG": "an image whose entry point is the server",
    }
    return [f"set {name} to {meaning}" for name, meaning in meanings.items() if name in named]


def flag_text(profile: Profile, flag: Flag) -> str:
    """A flag for reading, with the profile's own values."""
    inside = {INSIDE: str(profile.container.port)} if profile.container else {}
    return " ".join(_words((flag,), _values(profile, Choices()) | {HOST: LOOPBACK} | inside))


def _values(profile: Profile, chosen: Choices) -> dict[str, str]:
    return {
        NAME: profile.name,
        MODEL: chosen.model or profile.model or Variable("$MODEL"),
        MODELS: chosen.models or Variable("$MO"),
        PORT: str(chosen.port or profile.port),
        CTX: str(chosen.ctx or profile.ctx),
        THREADS: str(chosen.threads or profile.threads or "N"),
        THREADS_BATCH: str(chosen.threads_batch or profile.threads_batch),
    }


def _environment(profile: Profile, once: tuple[str, ...], each: tuple[str, ...]) -> tuple[str, ...]:
    if not profile.environment:
        return ()
    return (*once, *(word for flag in profile.environment for word in (*each, *flag.words)))


def _words(flags: tuple[Flag, ...], values: dict[str, str]) -> list[str]:
    return [_filled(word, values) for flag in flags for word in flag.words]


def _filled(word: str, values: dict[str, str]) -> str:
    """One pass, so that a value with braces in it stays as it is."""
    places = _PLACE.findall(word)
    text = _PLACE.sub(lambda place: values[place[0]], word)
    return Variable(text) if any(isinstance(values[place], Variable) for place in places) else text
