"""What can go wrong with a model server that is started from here."""

from qcn_lsp.errors import QcnError


class LaunchError(QcnError):
    """A model server could not be started or stopped; the text says why and what to do."""
