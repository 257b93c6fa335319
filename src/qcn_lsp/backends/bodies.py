"""The bodies of OpenAI's two requests, as far as servers agree; what is a server's own is added by its module."""

from collections.abc import Mapping

from qcn_lsp.backends.fim_prompt import STOPS, write_prompt
from qcn_lsp.core.generation import GenerationRequest, InfillRequest

_STREAMED: Mapping[str, object] = {"stream": True, "stream_options": {"include_usage": True}}


def chat_body(model: str, request: GenerationRequest, sampling: Mapping[str, object]) -> dict[str, object]:
    """A chat completion, without a constraint on its answer.

    Args:
        model: The name the server knows it by.
        request: What is asked.
        sampling: How to choose tokens, in the server's words.
    """
    return {
        "model": model,
        "messages": [{"role": message.role, "content": message.content} for message in request.messages],
        "max_tokens": request.max_tokens,
        **sampling,
        **_STREAMED,
    }


def infill_body(model: str, request: InfillRequest, sampling: Mapping[str, object]) -> dict[str, object]:
    """A plain completion whose prompt spells out what stands around the hole. Arguments as in `chat_body`."""
    return {
        "model": model,
        "prompt": write_prompt(request),
        "max_tokens": request.max_tokens,
        **sampling,
        "stop": [*request.stop, *STOPS],
        **_STREAMED,
    }
