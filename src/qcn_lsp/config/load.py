"""Reads settings from the user's file, the workspace's file and the editor, in this order of growing weight.

A wrong value or an unknown key never stops the server: the key is left at its default and reported in one sentence.
`qcn-lsp check` treats such a sentence as bad usage (exit code 2).
"""

import os
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, TypeVar

from qcn_lsp.config.settings import DEFAULT_BACKENDS, Settings
from qcn_lsp.errors import ConfigError

if TYPE_CHECKING:
    from pydantic_core import ErrorDetails

    from qcn_lsp.config.schema import WorkspaceFile

    Shape = TypeVar("Shape", bound=WorkspaceFile)

WORKSPACE_FILE = ".qcn-lsp.toml"
_ONLY_THE_USER_SETS = frozenset({"backends", "routing"})
# What pydantic calls a tuple and a model is a list and a table to whoever writes TOML.
_SHAPES = {
    "tuple_type": "a list",
    "dict_type": "a table",
    "model_type": "a table",
    "model_attributes_type": "a table",
    "string_type": "text",
    "bool_type": "true or false",
    "bool_parsing": "true or false",
    "int_type": "a whole number",
    "int_parsing": "a whole number",
}
_LONGEST_KEY = 60
_MAX_FILE_BYTES = 1 << 20


@dataclass(frozen=True, slots=True)
class Loaded:
    """Settings, and what was wrong in their sources: one sentence each, naming file and key."""

    settings: Settings
    problems: tuple[str, ...] = ()


def user_file(explicit: str | None = None) -> Path | None:
    """The user's configuration file: `--config`, `$QCN_LSP_CONFIG`, or `$XDG_CONFIG_HOME/qcn-lsp/config.toml` if there.

    Raises:
        ConfigError: A file was named and does not exist.
    """
    named = explicit or os.environ.get("QCN_LSP_CONFIG")
    if named:
        if not Path(named).is_file():
            raise ConfigError(f"{named}: no such configuration file; check --config and QCN_LSP_CONFIG")
        return Path(named)
    folder = os.environ.get("XDG_CONFIG_HOME") or Path.home() / ".config"
    usual = Path(folder) / "qcn-lsp" / "config.toml"
    return usual if usual.is_file() else None


def load(
    user: Path | None = None,
    workspace: Path | None = None,
    editor: Mapping[str, object] | None = None,
) -> Loaded:
    """Merges the three sources.

    Args:
        user: The user's file.
        workspace: The workspace's root folder, whose `.qcn-lsp.toml` is read if it is there.
        editor: `initializationOptions`, or the section `qcn` of `workspace/configuration`.
    """
    problems: list[str] = []
    settings = _apply_user(Settings(), user, problems) if user else Settings()
    if workspace and (workspace / WORKSPACE_FILE).is_file():
        name = workspace / WORKSPACE_FILE
        settings = _apply_limited(settings, _read_toml(name, problems), str(name), problems)
    if editor:
        settings = _apply_limited(settings, _nested(editor), "editor settings", problems)
    return Loaded(settings, tuple(problems))


def _read_toml(path: Path, problems: list[str]) -> dict[str, object]:
    try:
        if path.stat().st_size > _MAX_FILE_BYTES:
            problems.append(f"{path}: is too large for a configuration file")
            return {}
        return tomllib.loads(path.read_text("utf-8"))
    except OSError as error:
        problems.append(f"{path}: cannot be read ({error.strerror})")
    except (UnicodeDecodeError, tomllib.TOMLDecodeError) as error:
        problems.append(f"{path}: is not valid TOML ({error})")
    except RecursionError:
        problems.append(f"{path}: is nested too deeply")
    return {}


def _nested(options: Mapping[str, object]) -> dict[str, object]:
    """Editors spell `{"review": {"scope": …}}` or `{"review.scope": …}`; both mean the same."""
    result: dict[str, object] = {}
    for key, value in options.items():
        section, dot, rest = key.partition(".")
        if dot:
            inner = result.setdefault(section, {})
            if isinstance(inner, dict):
                inner[rest] = value
        elif value is not None:
            result[key] = dict(value) if isinstance(value, Mapping) else value
    return result


def _apply_user(settings: Settings, path: Path, problems: list[str]) -> Settings:
    from qcn_lsp.config.schema import UserFile  # costs a tenth of a second

    read = _validate(UserFile, _read_toml(path, problems), str(path), problems)
    backends = tuple(section.settings(name) for name, section in read.backends.items())
    return replace(
        settings,
        backends=backends or DEFAULT_BACKENDS,
        routing=read.routing.settings(),
        review=read.review.settings(),
        ignore=read.ignore,
    )


def _apply_limited(settings: Settings, data: dict[str, object], source: str, problems: list[str]) -> Settings:
    """Applies what a workspace or an editor may set; the rest is refused: a hostile repository may be behind either."""
    from qcn_lsp.config.schema import WorkspaceFile  # costs a tenth of a second

    for key in _ONLY_THE_USER_SETS & data.keys():
        problems.append(f"{source}: [{key}] is not taken from here; put it into your own configuration file")
        del data[key]
    read = _validate(WorkspaceFile, data, source, problems)
    given = {key: getattr(read.review, key) for key in read.review.model_fields_set}
    return replace(
        settings, review=replace(settings.review, **given), ignore=tuple(dict.fromkeys(settings.ignore + read.ignore))
    )


def _validate(shape: "type[Shape]", data: dict[str, object], source: str, problems: list[str]) -> "Shape":
    """Validates; what is wrong is reported, taken out, and left at its default."""
    from pydantic import ValidationError  # costs a tenth of a second

    while True:
        try:
            return shape.model_validate(data)
        except ValidationError as failure:
            wrong = failure.errors(include_url=False, include_input=False)
            problems.extend(f"{source}: {_sentence(error)}" for error in wrong)
            removed = [_remove(data, error["loc"]) for error in wrong]
            if not any(removed):
                return shape()


def _sentence(error: "ErrorDetails") -> str:
    key = ".".join(_shown(str(part)) for part in error["loc"])
    if error["type"] == "extra_forbidden":
        return f"{key} is not a setting; see the README for the list"
    if error["type"] in _SHAPES:
        return f"{key}: must be {_SHAPES[error['type']]}"
    text = error["msg"].removeprefix("Value error, ")
    return f"{key}: {text[:1].lower()}{text[1:]}"


def _shown(part: str) -> str:
    """A key as part of one line."""
    text = "".join(character if character.isprintable() else "\N{REPLACEMENT CHARACTER}" for character in part)
    return text if len(text) <= _LONGEST_KEY else f"{text[:_LONGEST_KEY]}…"


def _remove(data: dict[str, object], place: tuple[int | str, ...]) -> bool:
    """Takes out the entry an error points at: the key itself, or the list around it.

    A backend with one wrong key goes as a whole: what is left of it could mean another server.
    """
    depth_of_entry = 2 if place[0] == "backends" else len(place)
    table: dict[str, object] = data
    for part in place[: depth_of_entry - 1]:
        inner = table.get(str(part))
        if not isinstance(inner, dict):
            return table.pop(str(part), None) is not None
        table = inner
    return table.pop(str(place[min(depth_of_entry, len(place)) - 1]), None) is not None
