"""From settings to backends: the only door into this package."""

import asyncio
import importlib
from collections.abc import AsyncGenerator, Callable
from contextlib import aclosing
from functools import partial
from typing import TypeAlias, cast

from qcn_lsp.config.settings import BackendSettings, ServerKind
from qcn_lsp.core.generation import (
    Backend,
    BackendInfo,
    GenerationEvent,
    GenerationRequest,
    InfillRequest,
    Inspection,
)
from qcn_lsp.errors import BackendError, BackendUnavailable

SILENCE_LIMIT_SECONDS = 600.0
"""How long a server may send nothing at all.

No single figure fits better: before the first byte a request may queue behind another client's whole review (16K prompt
tokens at the published 117 tok/s are 140 s, an answer at 7.59 tok/s another one to two minutes), and until a model's
first batch ends there is no progress event either. Afterwards llama.cpp sends one a batch, and a ping every 30 s.
"""

_BACKENDS = {
    ServerKind.LLAMA_CPP: ("qcn_lsp.backends.llama_cpp", "LlamaCppBackend"),
    ServerKind.IK_LLAMA_CPP: ("qcn_lsp.backends.ik_llama_cpp", "IkLlamaCppBackend"),
    ServerKind.VLLM: ("qcn_lsp.backends.vllm", "VllmBackend"),
    ServerKind.OPENAI: ("qcn_lsp.backends.openai_compatible", "OpenAICompatibleBackend"),
}

Events: TypeAlias = AsyncGenerator[GenerationEvent]


def create(settings: BackendSettings, *, silence_limit_seconds: float = SILENCE_LIMIT_SECONDS) -> Backend:
    """The backend for one server. Nothing is imported or sent before its first use.

    Args:
        settings: Which server, and how to reach it.
        silence_limit_seconds: How long the server may send nothing before `BackendTimeout`.
    """
    return _LazyBackend(settings, partial(_open, settings, silence_limit_seconds))


async def identify(settings: BackendSettings) -> ServerKind | None:
    """Whose server listens at an address; None if it is none of the three, or nobody answers."""
    module = await asyncio.to_thread(importlib.import_module, "qcn_lsp.backends.identify")
    found: ServerKind | None = await module.identify(settings)
    return found


def _open(settings: BackendSettings, silence_limit_seconds: float) -> Backend:
    """Imports and makes it.

    Raises:
        Unauthorized: The key in the environment cannot be sent.
    """
    from qcn_lsp.backends.client import Connection, connect  # loads the client

    module, name = _BACKENDS[settings.server]
    backend = getattr(importlib.import_module(module), name)
    open_backend = cast("Callable[[BackendSettings, Connection, float], Backend]", backend)
    return open_backend(settings, connect(settings, silence_limit_seconds), silence_limit_seconds)


class _LazyBackend:
    """Opens the real backend at its first use, in a thread: the import alone takes almost a second."""

    def __init__(self, settings: BackendSettings, opener: Callable[[], Backend]) -> None:
        self.name = settings.name
        self.mode = str(settings.mode)
        self._opener = opener
        self._lock = asyncio.Lock()
        self._opened: Backend | None = None
        self._closed = False

    async def probe(self) -> BackendInfo:
        return await (await self._backend()).probe()

    async def inspect(self) -> Inspection:
        return await (await self._backend()).inspect()

    async def count_tokens(self, text: str) -> int:
        return await (await self._backend()).count_tokens(text)

    def generate(self, request: GenerationRequest) -> Events:
        return self._relay(lambda backend: backend.generate(request))

    def infill(self, request: InfillRequest) -> Events:
        return self._relay(lambda backend: backend.infill(request))

    async def _relay(self, start: Callable[[Backend], Events]) -> Events:
        backend = await self._backend()
        try:
            async with aclosing(start(backend)) as events:
                async for event in events:
                    yield event
        except BackendError as error:
            # Closing breaks the connection, which must not look like a fault of the server.
            raise (self._was_closed() if self._closed else error) from None

    async def close(self) -> None:
        async with self._lock:
            self._closed = True
            if self._opened:
                await self._opened.close()

    async def _backend(self) -> Backend:
        async with self._lock:
            if self._closed:
                raise self._was_closed()
            if self._opened is None:
                self._opened = await asyncio.to_thread(self._opener)
            return self._opened

    def _was_closed(self) -> BackendUnavailable:
        return BackendUnavailable(self.name, "was closed; create it again to use it")
