"""Any other server of OpenAI's protocol: nothing is sent, and nothing believed, that is not in the protocol itself.

Tokens cannot be counted, so a bound is used. Whether a schema is obeyed cannot be known, so it is asked for and no
feature is claimed.
"""

import json
from collections.abc import AsyncGenerator
from dataclasses import replace
from functools import partial
from typing import Never, cast

from pydantic import TypeAdapter

from qcn_lsp.backends.base import CHAT, MODELS, Call, ServerBackend, smaller
from qcn_lsp.backends.bodies import chat_body
from qcn_lsp.backends.client import Connection
from qcn_lsp.backends.error_body import any_overflow
from qcn_lsp.backends.figures import Shape, Tokens
from qcn_lsp.backends.readers import CompletionReader
from qcn_lsp.backends.remarks import context_remarks
from qcn_lsp.backends.sampling import openai_sampling
from qcn_lsp.config.settings import BackendSettings, ServerKind
from qcn_lsp.core.generation import (
    BackendInfo,
    Feature,
    GenerationEvent,
    GenerationRequest,
    InfillRequest,
    Inspection,
    Remark,
)
from qcn_lsp.errors import BackendUnavailable

_KINDS = {"llamacpp": ServerKind.LLAMA_CPP, "vllm": ServerKind.VLLM}
"""What servers that have a module of their own call themselves; ik_llama.cpp calls itself llama.cpp here."""

_ANY_KIND = "llama.cpp, ik_llama.cpp or vllm"
_INFILL = f"be asked to fill in the middle of code; set server to {_ANY_KIND}, if that is what it is"


class _Meta(Shape):
    n_ctx: Tokens | None = None


class _Model(Shape):
    """An element of `/v1/models`. Each server has another name for the context, OpenAI's protocol has none."""

    id: str
    owned_by: str | None = None
    max_model_len: Tokens | None = None  # vLLM, SGLang
    context_length: Tokens | None = None  # OpenRouter, Together
    max_context_length: Tokens | None = None  # LM Studio
    context_window: Tokens | None = None  # Groq
    meta: _Meta | None = None  # llama.cpp

    @property
    def ctx(self) -> int | None:
        named = (self.max_model_len, self.context_length, self.max_context_length, self.context_window)
        return next(filter(None, named), self.meta.n_ctx if self.meta else None)


class _Models(Shape):
    data: tuple[_Model, ...]


_MODELS = TypeAdapter(_Models)


class OpenAICompatibleBackend(ServerBackend):
    """One server of OpenAI's protocol."""

    def __init__(self, settings: BackendSettings, connection: Connection, silence_limit_seconds: float) -> None:
        super().__init__(settings, connection, silence_limit_seconds, any_overflow)
        self._infill_errors = replace(self._errors, feature=_INFILL)

    async def inspect(self) -> Inspection:
        """See `Backend`."""
        info = await self.probe()
        model = await self._find_model()
        remarks = [
            *context_remarks(self._settings, info, model.ctx, "a context of"),
            Remark(
                "its tokens are bounded, not counted, so that less code fits than could, and it does not complete code",
                _remedy(model.owned_by),
            ),
        ]
        return Inspection(info, remarks=tuple(remarks))

    def generate(self, request: GenerationRequest) -> AsyncGenerator[GenerationEvent]:
        """See `Backend`."""
        return self._stream(partial(self._chat, request), CompletionReader())

    def infill(self, request: InfillRequest) -> AsyncGenerator[GenerationEvent]:  # noqa: ARG002 - there is no such endpoint
        """Raises `FeatureMissing` when it is read: the protocol cannot ask for this."""
        return self._stream(self._refuse, CompletionReader(), self._infill_errors)

    async def _refuse(self) -> Never:
        raise self._infill_errors.missing()

    async def _chat(self, request: GenerationRequest) -> Call:
        body = chat_body(await self._model(), request, openai_sampling(request.sampling))
        if request.answer_format:
            schema = cast("object", json.loads(request.answer_format.json_schema))
            named = {"name": request.answer_format.name, "schema": schema, "strict": True}
            body["response_format"] = {"type": "json_schema", "json_schema": named}
        return Call(CHAT, body, request.max_tokens)

    async def _look(self) -> BackendInfo:
        model = await self._find_model()
        ctx = smaller(model.ctx, self._settings.ctx)
        if ctx is None:
            raise self._errors.no_context()
        return BackendInfo(ctx=ctx, slots=self._settings.slots or 1, model=model.id)

    async def _features(self) -> frozenset[Feature]:
        return frozenset()

    async def _ask_count(self, text: str) -> int | None:  # noqa: ARG002 - there is nobody to ask
        return None

    async def _model(self) -> str:
        return self._settings.model or (await self._find_model()).id

    async def _find_model(self) -> _Model:
        """The model of the settings, which a server need not list, else the only one there is."""
        wanted = self._settings.model
        listed = await self._endpoints.get(MODELS, _MODELS)
        models = listed.data if listed else ()
        if wanted:
            return next((model for model in models if model.id == wanted), _Model(id=wanted))
        if len(models) != 1:
            raise BackendUnavailable(self.name, "does not serve exactly one model; set model for this backend")
        return models[0]


def _remedy(owner: str | None) -> str:
    return f"set server to {_KINDS.get(owner or '', _ANY_KIND)}, if that is what it is"
