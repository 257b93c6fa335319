"""The shape of configuration files and editor settings, as pydantic reads them (imported only when one is read)."""

import ipaddress
import re
from typing import Annotated, Self
from urllib.parse import urlsplit

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, StringConstraints, field_validator, model_validator

from qcn_lsp.config.settings import (
    BackendSettings,
    Mode,
    ReviewSettings,
    RoutingSettings,
    Scope,
    ServerKind,
    Trigger,
)
from qcn_lsp.core.finding import FindingState
from qcn_lsp.core.severity import Severity

# Patterns become regular expressions. More wild cards than these have no use, and a hostile workspace could make one
# match take years.
_MOST_STARS_IN_A_PART = 2
_MOST_DOUBLE_STARS = 3


def _is_pattern(pattern: str) -> str:
    from pathspec import GitIgnoreSpec

    parts = pattern.split("/")
    if parts.count("**") > _MOST_DOUBLE_STARS:
        raise ValueError(f"has more than {_MOST_DOUBLE_STARS} **; split it into several patterns")
    if any(part != "**" and part.count("*") > _MOST_STARS_IN_A_PART for part in parts):
        raise ValueError(f"has more than {_MOST_STARS_IN_A_PART} * between two slashes; split it into several patterns")
    try:
        GitIgnoreSpec.from_lines([pattern])
    except (ValueError, re.error) as error:
        raise ValueError("is not a pattern that .gitignore knows") from error
    return pattern


Pattern = Annotated[str, StringConstraints(min_length=1, max_length=300), AfterValidator(_is_pattern)]


def is_loopback(host: str | None) -> bool:
    """Whether a URL's host is this machine, by its spelling alone: no name is looked up."""
    if host == "localhost":
        return True
    try:
        return ipaddress.ip_address(host or "").is_loopback
    except ValueError:
        return False


# What every client can use. A query or a fragment would hide a key in what is shown, and no client sends it.
_ADDRESS = re.compile(
    r"https?://(?:\[[0-9a-f:.]+\]|(?:[a-z0-9_-]{1,63}\.)*[a-z0-9_-]{1,63}\.?)(?::\d{1,5})?(?:/[\w.~%+-]*)*",
    re.ASCII | re.IGNORECASE,
)
_LONGEST_NAME = 100


def _is_name(name: str) -> str:
    if not (0 < len(name) <= _LONGEST_NAME and name.isprintable()):
        raise ValueError("a backend's name is a short word")
    return name


class _Section(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class BackendSection(_Section):
    """One `[backends.NAME]`."""

    mode: Mode
    server: ServerKind
    base_url: str
    model: str = ""
    ctx: Annotated[int, Field(ge=512, le=1 << 22)] | None = None
    slots: Annotated[int, Field(ge=1, le=1024)] | None = None
    api_key_env: str = ""
    allow_remote: bool = False

    @field_validator("mode")
    @classmethod
    def _is_a_server(cls, mode: Mode) -> Mode:
        if mode is Mode.EMBEDDED:
            raise ValueError("a backend's mode is precise, hybrid or nvfp4; embedded needs no backend")
        return mode

    @field_validator("base_url")
    @classmethod
    def _is_a_url(cls, url: str) -> str:
        if "@" in url:
            raise ValueError("must not contain a key; name an environment variable in api_key_env")
        try:
            usable = bool(_ADDRESS.fullmatch(url)) and urlsplit(url).port != 0
        except ValueError:  # too large a port, or brackets around what is no IPv6 address
            usable = False
        if not usable:
            raise ValueError("must be an address such as http://127.0.0.1:8081/v1")
        return url.rstrip("/")

    @model_validator(mode="after")
    def _stays_on_this_machine(self) -> Self:
        if not self.allow_remote and not is_loopback(urlsplit(self.base_url).hostname):
            raise ValueError("is not on this machine; to send code there, set allow_remote = true")
        return self

    def settings(self, name: str) -> BackendSettings:
        """The same as the project's own value."""
        return BackendSettings(name=name, **self.model_dump())


class RoutingSection(_Section):
    """`[routing]`."""

    review: tuple[Mode, ...] = RoutingSettings().review
    preview: tuple[Mode, ...] = RoutingSettings().preview
    complete: tuple[Mode, ...] = RoutingSettings().complete
    act: tuple[Mode, ...] = RoutingSettings().act

    def settings(self) -> RoutingSettings:
        """The same as the project's own value."""
        return RoutingSettings(**self.model_dump())


class ReviewSection(_Section):
    """`[review]`."""

    scope: Scope = ReviewSettings().scope
    trigger: Trigger = ReviewSettings().trigger
    min_severity: Severity = ReviewSettings().min_severity
    show: tuple[FindingState, ...] = ReviewSettings().show
    max_file_kib: Annotated[int, Field(ge=1, le=1 << 16)] = ReviewSettings().max_file_kib

    def settings(self) -> ReviewSettings:
        """The same as the project's own value."""
        return ReviewSettings(**self.model_dump())


class WorkspaceFile(_Section):
    """What a workspace's `.qcn-lsp.toml`, and an editor, may set: nothing that decides where code is sent."""

    review: ReviewSection = ReviewSection()
    ignore: Annotated[tuple[Pattern, ...], Field(max_length=1000)] = ()


class UserFile(WorkspaceFile):
    """What the user's own file may set: everything."""

    backends: dict[Annotated[str, AfterValidator(_is_name)], BackendSection] = {}
    routing: RoutingSection = RoutingSection()
