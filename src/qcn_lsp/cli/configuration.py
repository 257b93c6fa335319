"""The configuration as commands take it: nobody reads a script's warnings, so whatever is wrong ends the command."""

from pathlib import Path

from qcn_lsp.config.load import load
from qcn_lsp.config.settings import Settings
from qcn_lsp.errors import ConfigError


def settings_of(user: Path | None, workspace: Path | None = None) -> Settings:
    """The settings of a user's file and a workspace's.

    Raises:
        ConfigError: Something in them is wrong; names each of it.
    """
    loaded = load(user, workspace)
    if loaded.problems:
        raise ConfigError("\nqcn-lsp: ".join(loaded.problems))
    return loaded.settings
