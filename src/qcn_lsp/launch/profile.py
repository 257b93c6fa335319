"""What a launch profile consists of."""

from dataclasses import dataclass, field

from qcn_lsp.config.settings import ServerKind

# Words of a flag that stand for what whoever starts the server chooses.
MODEL = "{model}"
HOST = "{host}"
PORT = "{port}"
CTX = "{ctx}"
THREADS = "{threads}"
THREADS_BATCH = "{threads-batch}"
MODELS = "{models}"
NAME = "{name}"
INSIDE = "{inside}"


@dataclass(frozen=True, slots=True)
class Flag:
    """One flag of a command.

    Args:
        words: The flag and its value.
        why: Its reason, in a line.
        study: What the published command has in its place: None for the same, empty for nothing.
    """

    words: tuple[str, ...]
    why: str
    study: str | None = None


@dataclass(frozen=True, slots=True)
class Container:
    """How the server runs in podman.

    Args:
        flags: Of `podman run`.
        port: Where the server listens inside.
        folder: Where model files are inside; empty if the model is not a file.
    """

    flags: tuple[Flag, ...]
    port: int
    folder: str


@dataclass(frozen=True, slots=True)
class Profile:
    """One way to run a model server.

    Args:
        name: `precise`, `hybrid`, `nvfp4` or `local`.
        title: What runs where.
        purpose: What for.
        server: Whose server it is.
        program: The words that start the server itself; the first is looked for on PATH.
        install: What to do if it is not installed, a clause.
        port: On this machine.
        ctx: Context in tokens.
        rate: Published generated tokens a second, for a table; empty if there are none.
        speed: Published speeds, in words.
        needs: Memory, as published, in words.
        flags: Of the server.
        threads: Of generation, as published; 0 if the profile has none.
        threads_batch: Of reading prompts.
        environment: Variables of the server, as `NAME=value`.
        container: How it runs in podman, None if it does not.
        left_out: What the published command has and this one has not, and why.
        notes: Whole sentences.
        model: What is served if nothing is said, a name at the Hugging Face Hub; empty if it must be said.
    """

    name: str
    title: str
    purpose: str
    server: ServerKind
    program: tuple[str, ...]
    install: str
    port: int
    ctx: int
    rate: str
    speed: str
    needs: tuple[str, ...]
    flags: tuple[Flag, ...]
    threads: int = 0
    threads_batch: int = 0
    environment: tuple[Flag, ...] = ()
    container: Container | None = None
    left_out: tuple[Flag, ...] = ()
    notes: tuple[str, ...] = field(default=())
    model: str = ""

    @property
    def takes_gguf(self) -> bool:
        """Whether its model is a GGUF file, and not a name at the Hub or a folder."""
        return self.server in (ServerKind.LLAMA_CPP, ServerKind.IK_LLAMA_CPP)
