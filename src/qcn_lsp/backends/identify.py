"""Whose server listens at an address, by what only that one says."""

from typing import TypeVar

from pydantic import TypeAdapter

from qcn_lsp.backends.client import connect
from qcn_lsp.backends.endpoints import ANSWER_SECONDS, Endpoints
from qcn_lsp.backends.error_mapping import ErrorMapping
from qcn_lsp.backends.figures import Shape
from qcn_lsp.config.settings import BackendSettings, ServerKind
from qcn_lsp.errors import SERVER_IS_GONE, BadAnswer, Unauthorized


class _Props(Shape):
    """Both of the llama family have it; ik_llama.cpp's does not name a build."""

    default_generation_settings: dict[str, object]
    build_info: str = ""


class _Version(Shape):
    version: str


class _Card(Shape):
    max_model_len: int


class _Models(Shape):
    data: tuple[_Card, ...]


Answer = TypeVar("Answer")

_PROPS, _VERSION, _MODELS = TypeAdapter(_Props), TypeAdapter(_Version), TypeAdapter(_Models)


async def identify(settings: BackendSettings) -> ServerKind | None:
    """Whose server it is; None if it says nothing of the kind, or nobody answers."""
    try:
        connection = connect(settings, ANSWER_SECONDS)
    except Unauthorized:
        return None
    endpoints = Endpoints(connection, ErrorMapping(settings, ANSWER_SECONDS, lambda _: None))
    try:
        version, models = await _get(endpoints, "/version", _VERSION), await _get(endpoints, "/v1/models", _MODELS)
        if version and models:
            return ServerKind.VLLM
        props = await _get(endpoints, "/props", _PROPS)
    except SERVER_IS_GONE:
        return None
    finally:
        await connection.http.aclose()
    if props is None:
        return None
    return ServerKind.LLAMA_CPP if props.build_info else ServerKind.IK_LLAMA_CPP


async def _get(endpoints: Endpoints, path: str, shape: TypeAdapter[Answer]) -> Answer | None:
    try:
        return await endpoints.get(path, shape)
    except BadAnswer:
        return None  # it says something else there
