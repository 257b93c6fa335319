"""The JSON bodies of llama.cpp's server, shaped as recorded from a real one. All names in them say "simulated"."""

import json
import secrets
import time
from collections.abc import Mapping, Sequence
from typing import TypeAlias

from qcn_lsp.simulator.generation import Generation
from qcn_lsp.simulator.slots import Slot

Json: TypeAlias = Mapping[str, object]

MODEL = "simulated-qwen3-coder-next"
SERVER = "qcn-lsp-simulator"


def dumps(body: object) -> str:
    """JSON as llama.cpp writes it: without white space."""
    return json.dumps(body, separators=(",", ":"), ensure_ascii=False)


def error(status: int, kind: str, message: str, **more: object) -> Json:
    """An error body."""
    return {"error": {"code": status, "message": message, "type": kind, **more}}


LOADING = error(503, "unavailable_error", "Loading model")
NOT_FOUND = error(404, "not_found_error", "File Not Found")
NO_SLOT = error(503, "unavailable_error", "no slot available")
UNPARSED = error(
    500, "server_error", "The model produced output that does not match the expected peg-native format (simulated)"
)


def overflow(tokens: int, ctx: int) -> Json:
    """The error for a prompt that does not fit."""
    message = f"request ({tokens} tokens) exceeds the available context size ({ctx} tokens), try increasing it"
    return error(400, "exceed_context_size_error", message, n_prompt_tokens=tokens, n_ctx=ctx)


def props(ctx: int, slots: int) -> Json:
    """`/props`."""
    return {
        "default_generation_settings": {"params": {"temperature": 0.8, "top_k": 40, "top_p": 0.95}, "n_ctx": ctx},
        "total_slots": slots,
        "model_alias": MODEL,
        "model_ftype": "simulated",
        "model_path": MODEL,
        "modalities": {"vision": False, "video": False, "audio": False},
        "endpoint_slots": True,
        "endpoint_props": False,
        "endpoint_metrics": False,
        "chat_template": "simulated",
        "bos_token": "",
        "eos_token": "<|im_end|>",
        "build_info": SERVER,
    }


def slot(state: Slot, ctx: int) -> Json:
    """One element of `/slots`."""
    body: dict[str, object] = {"id": state.number, "n_ctx": ctx, "speculative": False, "is_processing": state.busy}
    if state.busy:
        body |= {
            "id_task": state.task,
            "n_prompt_tokens": state.prompt_tokens,
            "n_prompt_tokens_processed": state.processed,
            "n_prompt_tokens_cache": state.cached,
            "next_token": [
                {"has_next_token": state.remaining > 0, "n_remain": state.remaining, "n_decoded": state.decoded}
            ],
        }
    return body


def models(ctx: int) -> Json:
    """`/v1/models`."""
    return {
        "models": [{"name": MODEL, "model": MODEL, "type": "model", "capabilities": ["completion"]}],
        "object": "list",
        "data": [
            {
                "id": MODEL,
                "aliases": [MODEL],
                "object": "model",
                "created": int(time.time()),
                "owned_by": SERVER,
                "meta": {"n_ctx": ctx, "n_ctx_train": 262144},
            }
        ],
    }


def timings(generation: Generation) -> Json:
    """The `timings` object, in simulated milliseconds."""
    read = generation.work.prompt_tokens - generation.work.cached_tokens
    decoded = generation.decoded
    return {
        "cache_n": generation.work.cached_tokens,
        **_rates("prompt", read, generation.prompt_seconds, steps=read),
        **_rates("predicted", decoded, generation.completion_seconds, steps=decoded - 1),
    }


def usage(generation: Generation) -> Json:
    """The `usage` object."""
    prompt, completion = generation.work.prompt_tokens, generation.decoded
    return {
        "completion_tokens": completion,
        "prompt_tokens": prompt,
        "total_tokens": prompt + completion,
        "prompt_tokens_details": {"cached_tokens": generation.work.cached_tokens},
    }


class Completion:
    """The bodies of one chat completion, which share an identifier."""

    def __init__(self) -> None:
        self._created = int(time.time())
        self._id = f"chatcmpl-{secrets.token_urlsafe(24)}"

    def chunk(self, delta: Json | None, finish_reason: str | None, more: Json) -> Json:
        """One event of the stream; without a delta, the one that carries figures only."""
        choices: Sequence[Json] = (
            [{"finish_reason": finish_reason, "index": 0, "delta": delta}] if delta is not None else []
        )
        return {"choices": choices, **self._names("chat.completion.chunk"), **more}

    def whole(self, text: str, generation: Generation) -> Json:
        """The answer of a request that does not stream."""
        message = {"role": "assistant", "content": text}
        choice = {"finish_reason": generation.work.finish_reason, "index": 0, "message": message}
        return {
            "choices": [choice],
            **self._names("chat.completion"),
            "usage": usage(generation),
            "timings": timings(generation),
        }

    def _names(self, kind: str) -> Json:
        return {
            "created": self._created,
            "id": self._id,
            "model": MODEL,
            "system_fingerprint": SERVER,
            "object": kind,
        }


def _rates(what: str, tokens: int, seconds: float, *, steps: int) -> Json:
    return {
        f"{what}_n": tokens,
        f"{what}_ms": round(seconds * 1000, 3),
        f"{what}_per_token_ms": seconds * 1000 / steps if steps > 0 else 0.0,
        f"{what}_per_second": steps / seconds if seconds > 0 else 0.0,
    }
