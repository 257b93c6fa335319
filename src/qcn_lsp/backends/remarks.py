"""What could be better about a server, in words that fit more than one kind of them."""

from collections.abc import Iterator

from qcn_lsp.config.published import PUBLISHED
from qcn_lsp.config.settings import BackendSettings, Mode
from qcn_lsp.core.generation import BackendInfo, Feature, Remark

_IMPRACTICAL = PUBLISHED[Mode.HYBRID].ctx


def context_remarks(settings: BackendSettings, info: BackendInfo, told_ctx: int | None, flag: str) -> Iterator[Remark]:
    """About the size of the context.

    Args:
        settings: The backend's.
        info: What it can do.
        told_ctx: The context by the server's own word.
        flag: That sets it.
    """
    if settings.mode is Mode.HYBRID and info.ctx > _IMPRACTICAL:
        yield Remark(
            f"its context is {info.ctx} tokens; the published notes call more than {_IMPRACTICAL} impractical",
            f"start it with {flag} {_IMPRACTICAL}",
        )
    if settings.ctx and told_ctx and settings.ctx > told_ctx:
        yield Remark(
            f"ctx is {settings.ctx} in the settings, but {told_ctx} is all the server has",
            f"start it with {flag} {settings.ctx}, or take ctx out of the settings",
        )


def feature_remarks(info: BackendInfo) -> Iterator[Remark]:
    """About what the server, or its model, cannot do."""
    if Feature.TOKENIZER not in info.features:
        yield Remark(
            "it does not count tokens (/tokenize), so a bound is used, and it does not complete code",
            "serve the model with a newer version of it",
        )
    elif Feature.INFILL not in info.features:
        yield Remark(
            "its model cannot fill in the middle of code, so it is not used for completions",
            "serve a model that can, such as Qwen3-Coder-Next",
        )
