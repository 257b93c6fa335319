"""The bodies of ik_llama.cpp's answers, by its source of August 2026. What it shares with llama.cpp is there."""

from collections.abc import Iterable

from qcn_lsp.simulator import llama_cpp_answers
from qcn_lsp.simulator.dialect import MODEL, Json
from qcn_lsp.simulator.generation import Generation
from qcn_lsp.simulator.llama_cpp_answers import rates


def timings(generation: Generation) -> Json:
    """The `timings` object, in simulated milliseconds. It does not tell what came from the cache, but `usage` does."""
    read, decoded = generation.processed, generation.decoded
    return {
        **rates("prompt", read, generation.prompt_seconds, steps=read),
        **rates("predicted", decoded, generation.completion_seconds, steps=decoded),
        "n_ctx": generation.ctx,
        "n_past": generation.work.cached_tokens + read + max(decoded - 1, 0),
    }


class OpenAiAnswer(llama_cpp_answers.OpenAiAnswer):
    """A chat completion, or a completion of a raw prompt. Never reports progress."""

    def timings(self) -> Json:
        """The `timings` object."""
        return timings(self.generation)

    def progress(self, done: int) -> Iterable[Json]:  # noqa: ARG002 - the protocol's
        """See `Answer`."""
        return ()

    def names(self, kind: str) -> dict[str, object]:
        """What all bodies of the answer share."""
        names = super().names(kind)
        del names["system_fingerprint"]
        return names


class NativeAnswer(llama_cpp_answers.NativeAnswer):
    """The answer of `/completion` and `/infill`."""

    def timings(self) -> Json:
        """The `timings` object."""
        return timings(self.generation)

    def piece(self, text: str) -> Iterable[Json]:
        """See `Answer`."""
        if text:
            yield {"content": text, "stop": False, "id_slot": self.generation.slot_number, "multimodal": False}

    def whole(self, text: str) -> Json:
        """See `Answer`."""
        work, decoded = self.generation.work, self.generation.decoded
        limited = work.finish_reason == "length"
        return {
            "content": text,
            "generated_text": "".join(work.pieces[:decoded]),
            "id_slot": self.generation.slot_number,
            "stop": True,
            "model": MODEL,
            "tokens_predicted": decoded,
            "tokens_evaluated": work.prompt_tokens,
            "generation_settings": {"n_ctx": self.generation.ctx, "model": MODEL, **self.settings()},
            "prompt": self.prompt.text,
            "truncated": False,
            "stopped_eos": not limited and not work.stopping_word,
            "stopped_word": not limited and bool(work.stopping_word),
            "stopped_limit": limited,
            "stopping_word": work.stopping_word,
            "tokens_cached": work.prompt_tokens + max(decoded - 1, 0),
            "timings": self.timings(),
        }
