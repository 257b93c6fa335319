"""What a look at the model servers found, before it becomes text or JSON. Pure."""

from collections.abc import Iterator
from dataclasses import dataclass
from urllib.parse import urlsplit

from qcn_lsp.config.published import PUBLISHED
from qcn_lsp.config.settings import BackendSettings, Mode, ServerKind
from qcn_lsp.core.generation import Feature, Inspection, Remark

QUICK_BATCH = 512
"""Tokens. A server looks only between two batches whether its client is gone."""

_SLOW = 0.5
_CTX_FLAGS = {ServerKind.LLAMA_CPP: "-c", ServerKind.IK_LLAMA_CPP: "-c", ServerKind.VLLM: "--max-model-len"}
# vLLM reuses only what it has seen twice, and so shows nothing in a trial.
_REUSE_FLAGS = {
    ServerKind.LLAMA_CPP: "--parallel 1 and without --no-cache-prompt",
    ServerKind.IK_LLAMA_CPP: f"-b {QUICK_BATCH}: what it has read can be resumed only where a batch ended",
}
_BATCH_FLAGS = {ServerKind.LLAMA_CPP, ServerKind.IK_LLAMA_CPP}


@dataclass(frozen=True, slots=True)
class Trial:
    """What two short reviews of a sample showed. None where the server does not tell.

    Args:
        prompt_tokens: Of the first request.
        prompt_rate: Tokens a second, of those that had to be read.
        generation_rate: Tokens a second.
        cached_tokens: Of the second request, which begins like the first.
        largest_batch: The most prompt tokens read between two signs of progress.
        keeps_format: Whether the answer was in the agreed format.
        finds_sample: Whether the flaw in the sample was found.
        infills: Whether it filled in the middle; None if it is not able to.
    """

    prompt_tokens: int
    prompt_rate: float | None
    generation_rate: float | None
    cached_tokens: int | None
    largest_batch: int | None
    keeps_format: bool
    finds_sample: bool
    infills: bool | None


@dataclass(frozen=True, slots=True)
class Examined:
    """One backend.

    Args:
        settings: As configured.
        inspection: What it says of itself, None if it says nothing.
        trouble: Why it cannot be used, a sentence without its name; empty if it can.
        trial: How it did, None if it was not tried.
        untried: Why it was not tried.
    """

    settings: BackendSettings
    inspection: Inspection | None = None
    trouble: str = ""
    trial: Trial | None = None
    untried: str = ""

    @property
    def remarks(self) -> tuple[Remark, ...]:
        """What could be better about it."""
        if self.inspection is None:
            return ()
        return (
            *_place(self.settings),
            *self.inspection.remarks,
            *_size(self.settings, self.inspection),
            *(_behaviour(self.settings, self.trial) if self.trial else ()),
        )

    def serves(self, feature: Feature | None = None) -> bool:
        """Whether it can be used, for what needs a feature."""
        if self.inspection is None or self.trouble:
            return False
        return feature is None or feature in self.inspection.info.features


@dataclass(frozen=True, slots=True)
class Diagnosis:
    """All backends, and who would be used for what.

    Args:
        source: Where the backends come from, in words.
        backends: In the order of the settings.
        review: The backend that reviews, empty for the analyzers alone.
        complete: The one that completes code, empty for none.
        act: The one that writes fixes and explanations, empty for none.
    """

    source: str
    backends: tuple[Examined, ...]
    review: str
    complete: str
    act: str


def _place(settings: BackendSettings) -> Iterator[Remark]:
    if is_local(settings):
        return
    plain = ", readable to whoever is on the way" if settings.base_url.lower().startswith("http:") else ""
    yield Remark(
        f"it is not on this machine: every line under review goes there{plain}",
        "use a server on this machine" + (", or https:// in base_url" if plain else ", if that is not meant"),
    )


def _size(settings: BackendSettings, inspection: Inspection) -> Iterator[Remark]:
    published = PUBLISHED.get(settings.mode)
    if published is None or inspection.info.ctx >= published.ctx:
        return
    flag = _CTX_FLAGS.get(settings.server)
    yield Remark(
        f"its context of {inspection.info.ctx} tokens is smaller than the published {published.ctx}: "
        "long functions are reviewed in pieces",
        f"start it with {flag} {published.ctx}" if flag else "give it a larger context",
    )


def _behaviour(settings: BackendSettings, trial: Trial) -> Iterator[Remark]:
    yield from _speed(settings, trial)
    if not trial.keeps_format:
        yield Remark(
            "it does not keep to the agreed answer format, so its reviews cannot be used",
            "use a newer version of the server; it must apply grammars or schemas",
        )
    elif not trial.finds_sample:
        yield Remark(
            "it missed the SQL injection in the sample: the model is too small or not made for code",
            "serve Qwen3-Coder-Next",
        )
    if trial.cached_tokens is None:
        flag = "--enable-prompt-tokens-details" if settings.server is ServerKind.VLLM else ""
        yield Remark(
            "it does not tell how much of a prompt it had in its cache",
            f"start it with {flag}" if flag else "nothing to do: speeds are measured without it",
        )
    elif trial.cached_tokens == 0 and settings.server in _REUSE_FLAGS:
        yield Remark(
            "it read the same beginning of a prompt twice: nothing was reused",
            f"start it with {_REUSE_FLAGS[settings.server]}",
        )


def _speed(settings: BackendSettings, trial: Trial) -> Iterator[Remark]:
    published = PUBLISHED.get(settings.mode)
    rate = trial.generation_rate
    if published and rate and rate < _SLOW * published.generation_rate:
        yield Remark(
            f"it writes {rate:.1f} tokens a second; the published figure of this mode is {published.generation_rate}",
            f"compare its flags with qcn-lsp backend show {settings.mode}",
        )
    if settings.server in _BATCH_FLAGS and trial.largest_batch and trial.largest_batch > QUICK_BATCH:
        seconds = f", {trial.largest_batch / trial.prompt_rate:.0f} s at its speed" if trial.prompt_rate else ""
        yield Remark(
            f"it reads {trial.largest_batch} tokens or more at a stretch{seconds}; "
            "until then a cancelled review keeps it busy",
            f"start it with -b {QUICK_BATCH}",
        )


def is_local(settings: BackendSettings) -> bool:
    """Whether the server is on this machine, by its address."""
    from qcn_lsp.config.schema import is_loopback  # loads pydantic

    return is_loopback(urlsplit(settings.base_url).hostname)


def first_for(modes: tuple[Mode, ...], backends: tuple[Examined, ...], feature: Feature | None = None) -> str:
    """The name of the backend that a route comes to; empty for none."""
    for mode in modes:
        if mode is Mode.EMBEDDED:
            break
        for one in backends:
            if one.settings.mode is mode and one.serves(feature):
                return one.settings.name
    return ""
