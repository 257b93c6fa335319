"""Every error the project raises on purpose.

    QcnError
    ├── ConfigError            a configuration file or setting is wrong; names the file and the key
    ├── UnreadableFile         a file cannot be reviewed; says why
    ├── RepositoryError        git answered with an error
    ├── AnalyzerError          an in-process analyzer failed
    ├── LaunchError            a model server cannot be started or stopped (in `launch`)
    ├── Dropped                work was given up: newer work took its place, or qcn-lsp shuts down
    └── BackendError           a model server; `backend` names it
        ├── BackendUnavailable nobody answers, or it is still loading
        ├── BackendTimeout     it accepted the request and went silent
        ├── ContextOverflow    prompt and answer do not fit; carries the server's counts
        ├── BadAnswer          garbage, a cut stream, or text outside the agreed format
        ├── FeatureMissing     the server cannot do this at all
        └── Unauthorized       the key was refused

The text of each is one sentence for a person: what is wrong and what to do. It never contains source code or a key.
"""


class QcnError(Exception):
    """Base of everything raised on purpose."""


class ConfigError(QcnError):
    """A configuration file or a setting is wrong."""


class UnreadableFile(QcnError):
    """A file that cannot be reviewed as text."""


class RepositoryError(QcnError):
    """Git answered with an error."""


class AnalyzerError(QcnError):
    """An in-process analyzer failed."""


class Dropped(QcnError):
    """Work was given up before it ended: newer work took its place, or qcn-lsp shuts down."""

    def __init__(self) -> None:
        super().__init__("was given up: newer work took its place, or qcn-lsp shuts down")


class BackendError(QcnError):
    """A model server failed.

    Args:
        backend: The backend's name in the configuration.
        message: What happened and what to do, without the name.
    """

    def __init__(self, backend: str, message: str) -> None:
        super().__init__(f"{backend}: {message}")
        self.backend = backend
        self.message = message


class BackendUnavailable(BackendError):
    """Nobody answers at the address, or the server is still loading its model."""


class BackendTimeout(BackendError):
    """The server accepted the request and then went silent."""


class ContextOverflow(BackendError):
    """Prompt and answer do not fit into the server's context.

    Args:
        backend: The backend's name.
        prompt_tokens: Tokens of the prompt by the server's own count, or None where it did not say.
        ctx: The server's context in tokens, or None where it did not say.
    """

    def __init__(self, backend: str, prompt_tokens: int | None, ctx: int | None) -> None:
        size = f" of {ctx} tokens" if ctx else ""
        counts = f" (the prompt alone has {prompt_tokens})" if prompt_tokens else ""
        super().__init__(
            backend,
            f"prompt and answer do not fit into its context{size}{counts}; start the server with a larger one, "
            "or split the code",
        )
        self.prompt_tokens = prompt_tokens
        self.ctx = ctx


class BadAnswer(BackendError):
    """The answer was cut off, is not what the protocol says, or not in the agreed format."""


class FeatureMissing(BackendError):
    """The server, or the model it serves, cannot do what was asked."""


class Unauthorized(BackendError):
    """The server refused the key."""


SERVER_IS_GONE = (BackendUnavailable, BackendTimeout, Unauthorized)
"""After one of these the next request would fail the same way; after any other it may succeed."""
