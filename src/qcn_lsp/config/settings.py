"""The settings as the rest of the project sees them: frozen, complete, checked."""

from dataclasses import dataclass
from enum import StrEnum

from qcn_lsp.core.finding import FindingState
from qcn_lsp.core.severity import Severity


class Mode(StrEnum):
    """What a backend is good for; `embedded` is the analyzers alone, without a model."""

    PRECISE = "precise"
    HYBRID = "hybrid"
    NVFP4 = "nvfp4"
    EMBEDDED = "embedded"


class ServerKind(StrEnum):
    """Whose server answers, and so which dialect it speaks."""

    LLAMA_CPP = "llama.cpp"
    IK_LLAMA_CPP = "ik_llama.cpp"
    VLLM = "vllm"
    OPENAI = "openai"


class Scope(StrEnum):
    """What of a file is reviewed: units that differ from git HEAD, or all."""

    CHANGED = "changed"
    FILE = "file"


class Trigger(StrEnum):
    """When the model is asked."""

    SAVE = "save"
    IDLE = "idle"
    MANUAL = "manual"


@dataclass(frozen=True, slots=True)
class BackendSettings:
    """One model server.

    Args:
        name: The name the user gave it.
        mode: What it is used for.
        server: Whose server it is.
        is_guess: Whether `server` is only what is usual there, and may be corrected by what the server says.
        base_url: Ends in `/v1`, without a trailing slash.
        model: Model name to send, empty for the server's only one.
        ctx: Context in tokens, None to ask the server.
        slots: Requests it serves at once, None to ask the server.
        api_key_env: Environment variable that holds the key, empty for none.
        allow_remote: Whether it may be on another machine.
    """

    name: str
    mode: Mode
    server: ServerKind
    base_url: str
    model: str = ""
    ctx: int | None = None
    slots: int | None = None
    api_key_env: str = ""
    allow_remote: bool = False
    is_guess: bool = False


@dataclass(frozen=True, slots=True)
class RoutingSettings:
    """Which modes serve which use: the first that is up and fits."""

    review: tuple[Mode, ...] = (Mode.PRECISE, Mode.HYBRID, Mode.NVFP4, Mode.EMBEDDED)
    preview: tuple[Mode, ...] = (Mode.NVFP4, Mode.HYBRID)
    complete: tuple[Mode, ...] = (Mode.NVFP4, Mode.HYBRID)
    act: tuple[Mode, ...] = (Mode.NVFP4, Mode.HYBRID, Mode.PRECISE)


@dataclass(frozen=True, slots=True)
class ReviewSettings:
    """How reviews work and what is shown.

    Args:
        scope: What of a file is reviewed.
        trigger: When the model is asked.
        min_severity: Findings below it are not shown.
        show: States that are shown.
        max_file_kib: Larger files are skipped, and the skip is reported.
    """

    scope: Scope = Scope.CHANGED
    trigger: Trigger = Trigger.SAVE
    min_severity: Severity = Severity.LOW
    show: tuple[FindingState, ...] = (FindingState.CANDIDATE, FindingState.PRELIMINARY, FindingState.VERIFIED)
    max_file_kib: int = 1024


DEFAULT_BACKENDS = (
    BackendSettings("precise", Mode.PRECISE, ServerKind.LLAMA_CPP, "http://127.0.0.1:8081/v1", is_guess=True),
    BackendSettings("hybrid", Mode.HYBRID, ServerKind.IK_LLAMA_CPP, "http://127.0.0.1:8001/v1", is_guess=True),
    BackendSettings("nvfp4", Mode.NVFP4, ServerKind.VLLM, "http://127.0.0.1:8000/v1", is_guess=True),
)


@dataclass(frozen=True, slots=True)
class Settings:
    """Everything.

    Args:
        backends: The model servers; with no configuration, the default ports of the three modes.
        routing: Which serves what.
        review: How reviews work.
        ignore: Patterns in `.gitignore` syntax of paths that are never read.
    """

    backends: tuple[BackendSettings, ...] = DEFAULT_BACKENDS
    routing: RoutingSettings = RoutingSettings()
    review: ReviewSettings = ReviewSettings()
    ignore: tuple[str, ...] = ()
