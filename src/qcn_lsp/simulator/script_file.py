"""Reads scripts: TOML with `[[answer]]` and `[[complete]]` entries.

An `[[answer]]` has `match` or `match_regex`, and `findings` or `raw`. A `[[complete]]` has `prefix_ends` or
`prefix_regex`, which the text before the cursor must end with, and `text`, which is inserted.
"""

import re
import tomllib
from importlib.resources import files
from pathlib import Path
from typing import Annotated, Literal, Self

from pydantic import BaseModel, ConfigDict, Field, ValidationError, model_validator

from qcn_lsp.errors import ConfigError
from qcn_lsp.simulator.completions import Completion, ends_with, ends_with_regex
from qcn_lsp.simulator.script import Entry, Script, ScriptedFinding

DEFAULT_SCRIPT = "default_script.toml"


class _Section(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class _Finding(_Section):
    cwe: Annotated[int, Field(ge=1)]
    severity: Literal["low", "medium", "high", "critical"]
    reason: str
    anchor: str = ""
    prevented_by: Annotated[int, Field(ge=0)] = 0


class _Answer(_Section):
    match: str | None = None
    match_regex: str | None = None
    findings: tuple[_Finding, ...] = ()
    raw: str | None = None

    @model_validator(mode="after")
    def _is_one_of_each(self) -> Self:
        if (self.match is None) == (self.match_regex is None):
            raise ValueError("needs either match or match_regex")
        if (self.raw is None) == (not self.findings):
            raise ValueError("needs either findings or raw")
        return self

    def entry(self) -> Entry:
        pattern = re.escape(self.match) if self.match is not None else self.match_regex or ""
        return Entry(
            pattern=re.compile(pattern),
            literal=self.match is not None,
            findings=tuple(ScriptedFinding(**finding.model_dump()) for finding in self.findings),
            raw=self.raw,
        )


class _Complete(_Section):
    prefix_ends: str | None = None
    prefix_regex: str | None = None
    text: str

    @model_validator(mode="after")
    def _has_one_condition(self) -> Self:
        if (self.prefix_ends is None) == (self.prefix_regex is None):
            raise ValueError("needs either prefix_ends or prefix_regex")
        return self

    def entry(self) -> Completion:
        if self.prefix_ends is not None:
            return Completion(ends_with(self.prefix_ends), self.text)
        return Completion(ends_with_regex(self.prefix_regex or ""), self.text)


class _Script(_Section):
    answer: tuple[_Answer, ...] = ()
    complete: tuple[_Complete, ...] = ()


def load_script(path: Path | None) -> Script:
    """A script, or the one that comes with the package.

    Raises:
        ConfigError: The file cannot be read, or is not a script.
    """
    name = str(path) if path else DEFAULT_SCRIPT
    try:
        text = path.read_text("utf-8") if path else files(__package__).joinpath(DEFAULT_SCRIPT).read_text("utf-8")
        script = _Script.model_validate(tomllib.loads(text))
        return Script(
            tuple(answer.entry() for answer in script.answer),
            tuple(complete.entry() for complete in script.complete),
        )
    except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError) as error:
        raise ConfigError(f"{name}: cannot be read as a script ({error})") from error
    except re.error as error:
        raise ConfigError(f"{name}: {error.pattern!r} is not a regular expression ({error})") from error
    except ValidationError as error:
        first = error.errors(include_url=False)[0]
        where = ".".join(str(part) for part in first["loc"])
        raise ConfigError(f"{name}: {where} {first['msg']}") from error
