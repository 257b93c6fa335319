"""What llama.cpp's server and its descendant ik_llama.cpp have in common.

Both speak OpenAI's chat protocol with additions (`grammar`, `cache_prompt`, `timings`), and have endpoints of their own
(`/health`, `/props`, `/slots`, `/tokenize`). What only one of them does is in its own module.
"""

import re
from collections.abc import AsyncGenerator, Iterator, Mapping
from dataclasses import dataclass
from functools import partial

from pydantic import TypeAdapter

from qcn_lsp.backends.base import CHAT, MODELS, Call, ServerBackend, smaller
from qcn_lsp.backends.bodies import chat_body
from qcn_lsp.backends.client import Connection
from qcn_lsp.backends.error_body import llama_overflow
from qcn_lsp.backends.figures import Shape, Tokens
from qcn_lsp.backends.readers import CompletionReader
from qcn_lsp.backends.remarks import context_remarks, feature_remarks
from qcn_lsp.backends.sampling import llama_sampling
from qcn_lsp.config.settings import BackendSettings
from qcn_lsp.core.generation import BackendInfo, GenerationEvent, GenerationRequest, Inspection, Remark

# Any name will do for a server with one model; a router of several needs the one from the settings.
_ANY_MODEL = "default"
# What ik_llama.cpp calls its model when it was given no name.
_UNNAMED = frozenset({"", "unknown"})


class _SlotSettings(Shape):
    n_ctx: Tokens | None = None


class _TemplateAbilities(Shape):
    supports_system_role: bool = True


class Props(Shape):
    """`/props`."""

    default_generation_settings: _SlotSettings = _SlotSettings()
    total_slots: Tokens | None = None
    model_alias: str = ""
    model_path: str = ""
    build_info: str = ""
    chat_template: str | None = None
    chat_template_caps: _TemplateAbilities = _TemplateAbilities()


class Slot(Shape):
    """One element of `/slots`; llama.cpp tells `is_processing`, ik_llama.cpp a `state` that is 0 for idle."""

    n_ctx: Tokens | None = None
    is_processing: bool = False
    state: int = 0


class _ModelMeta(Shape):
    n_ctx: Tokens | None = None


class _Model(Shape):
    id: str = ""
    meta: _ModelMeta | None = None


class _Models(Shape):
    data: tuple[_Model, ...] = ()


class _TokenList(Shape):
    tokens: tuple[int, ...]


_PROPS = TypeAdapter(Props)
_SLOTS = TypeAdapter(tuple[Slot, ...])
_MODELS = TypeAdapter(_Models)
_TOKENS = TypeAdapter(_TokenList)
_ANYTHING: TypeAdapter[object] = TypeAdapter(object)


@dataclass(frozen=True, slots=True)
class _Told:
    """What the endpoints say, before the settings have their word."""

    ctx: int | None
    slots: int | None
    model: str
    props: Props


class LlamaFamilyBackend(ServerBackend):
    """A llama.cpp server or one descended from it."""

    def __init__(self, settings: BackendSettings, connection: Connection, silence_limit_seconds: float) -> None:
        super().__init__(settings, connection, silence_limit_seconds, llama_overflow)

    async def inspect(self) -> Inspection:
        """See `Backend`."""
        info = await self.probe()
        told = await self._ask()
        slots = await self._endpoints.get("/slots", _SLOTS)
        metrics = await self._endpoints.text("/metrics")
        busy = None if slots is None else sum(slot.is_processing or slot.state != 0 for slot in slots)
        remarks = [
            *self._remarks(info, told),
            *_switched_off(slots is None, metrics is None),
            *await self._site_remarks(),
        ]
        return Inspection(info, told.props.build_info, busy, tuple(remarks))

    def generate(self, request: GenerationRequest) -> AsyncGenerator[GenerationEvent]:
        """See `Backend`."""
        return self._stream(partial(self._chat, request), self._chat_reader(request.max_tokens))

    def _chat_reader(self, max_tokens: int) -> CompletionReader:  # noqa: ARG002 - for a server that says it wrong
        return CompletionReader()

    def _additions(self) -> Mapping[str, object]:
        """Fields of a chat request that only this server knows."""
        return {}

    def _model(self) -> str:
        return self._settings.model or _ANY_MODEL

    async def _chat(self, request: GenerationRequest) -> Call:
        """A grammar goes alone: together with `response_format`, llama.cpp ignores it without a word."""
        body: dict[str, object] = {
            **chat_body(self._model(), request, llama_sampling(request.sampling)),
            "cache_prompt": True,
            **self._additions(),
        }
        if request.answer_format:
            body["grammar"] = request.answer_format.grammar
        return Call(CHAT, body, request.max_tokens)

    async def _look(self) -> BackendInfo:
        health = await self._endpoints.get("/health", _ANYTHING)
        told = await self._ask()
        if health is None and told.ctx is None:
            raise self._errors.absent()
        ctx, slots = smaller(told.ctx, self._settings.ctx), smaller(told.slots, self._settings.slots)
        if ctx is None:
            raise self._errors.no_context()
        return BackendInfo(ctx=ctx, slots=slots or 1, model=self._settings.model or told.model)

    async def _ask_count(self, text: str) -> int | None:
        body = {"content": text, "add_special": False, "parse_special": True}
        answer = await self._endpoints.post("/tokenize", _TOKENS, body)
        return None if answer is None else len(answer.tokens)

    async def _ask(self) -> _Told:
        props = await self._endpoints.get("/props", _PROPS) or Props()
        ctx, slots = props.default_generation_settings.n_ctx, props.total_slots
        model = props.model_path if props.model_alias in _UNNAMED else props.model_alias
        if ctx is None or not model:
            models = await self._endpoints.get(MODELS, _MODELS)
            first = models.data[0] if models and models.data else _Model()
            ctx, model = ctx or (first.meta.n_ctx if first.meta else None), model or first.id
        if ctx is None or slots is None:
            listed = await self._endpoints.get("/slots", _SLOTS) or ()
            ctx, slots = ctx or (listed[0].n_ctx if listed else None), slots or len(listed) or None
        # The name is the model file's path unless the server was given one.
        return _Told(ctx, slots, re.split(r"[/\\]", model)[-1], props)

    def _remarks(self, info: BackendInfo, told: _Told) -> Iterator[Remark]:
        yield from context_remarks(self._settings, info, told.ctx, "-c")
        if told.slots and told.ctx and told.slots > 1:
            yield Remark(
                f"{told.slots} slots share its context, which leaves {told.ctx} tokens for each request",
                "start it with -np 1, or with a larger -c",
            )
        yield from feature_remarks(info)
        if told.props.chat_template == "" or not told.props.chat_template_caps.supports_system_role:
            yield Remark(
                "its chat template has no place for the rules of a review",
                "start it with --jinja and without --chat-template, so that the model's own template is used",
            )


def _switched_off(slots: bool, metrics: bool) -> Iterator[Remark]:
    if slots:
        yield Remark("it does not show what it works on (/slots)", "start it without --no-slots")
    if metrics:
        yield Remark(
            "it counts nothing for those who watch it (/metrics); reviews do not need it", "start it with --metrics"
        )
