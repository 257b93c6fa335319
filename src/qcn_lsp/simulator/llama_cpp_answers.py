"""The bodies of llama.cpp's answers, shaped as recorded from a real server. ik_llama.cpp's are derived from them."""

import secrets
import time
from collections.abc import Iterable

from qcn_lsp.simulator.asking import Asked, Kind
from qcn_lsp.simulator.dialect import MODEL, SERVER, Json
from qcn_lsp.simulator.generation import Generation
from qcn_lsp.simulator.prefix_cache import Prompt
from qcn_lsp.simulator.totals import rate


def timings(generation: Generation) -> Json:
    """The `timings` object, in simulated milliseconds."""
    read, decoded = generation.processed, generation.decoded
    return {
        "cache_n": generation.work.cached_tokens,
        **rates("prompt", read, generation.prompt_seconds, steps=read),
        **rates("predicted", decoded, generation.completion_seconds, steps=decoded - 1),
    }


def rates(what: str, tokens: int, seconds: float, *, steps: int) -> Json:
    """Four figures of the `timings` object; a rate is that of the steps."""
    return {
        f"{what}_n": tokens,
        f"{what}_ms": round(seconds * 1000, 3),
        f"{what}_per_token_ms": seconds * 1000 / steps if steps > 0 else 0.0,
        f"{what}_per_second": rate(steps, seconds) if steps > 0 else 0.0,
    }


class _Base:
    def __init__(self, asked: Asked, prompt: Prompt, generation: Generation) -> None:
        self.asked = asked
        self.prompt = prompt
        self.generation = generation

    def timings(self) -> Json:
        """The `timings` object."""
        return timings(self.generation)

    def opening(self) -> Iterable[Json]:
        """See `Answer`."""
        return ()

    def progress(self, done: int) -> Iterable[Json]:  # noqa: ARG002 - the protocol's
        """See `Answer`."""
        return ()


class OpenAiAnswer(_Base):
    """A chat completion, or a completion of a raw prompt."""

    ends_with_done = True

    def __init__(self, asked: Asked, prompt: Prompt, generation: Generation) -> None:
        super().__init__(asked, prompt, generation)
        self._chat = asked.kind is Kind.CHAT
        self._id = f"chatcmpl-{secrets.token_urlsafe(24)}"

    def opening(self) -> Iterable[Json]:
        """See `Answer`."""
        if self._chat:
            yield self._chunk({"role": "assistant", "content": None}, None)

    def progress(self, done: int) -> Iterable[Json]:
        """See `Answer`."""
        if not self.asked.progress:
            return
        figures: Json = {
            "total": self.generation.work.prompt_tokens,
            "cache": self.generation.work.cached_tokens,
            "processed": done,
            "time_ms": int((time.time() - self.generation.started) * 1000),
        }
        chunk = self._chunk({"role": "assistant", "content": None} if self._chat else "", None)
        yield {**chunk, "prompt_progress": figures}

    def piece(self, text: str) -> Iterable[Json]:
        """See `Answer`."""
        if text:
            yield self._chunk({"content": text} if self._chat else text, None)

    def closing(self) -> Iterable[Json]:
        """See `Answer`."""
        reason, told = self.generation.finish_reason, {"timings": self.timings()}
        if not self._chat:
            yield {**self._chunk("", reason), "usage": self._usage(), **told}
        elif self.asked.usage:
            yield self._chunk({}, reason)
            yield {"choices": [], **self.names("chat.completion.chunk"), "usage": self._usage(), **told}
        else:
            yield {**self._chunk({}, reason), **told}

    def whole(self, text: str) -> Json:
        """See `Answer`."""
        choice: Json = {"finish_reason": self.generation.finish_reason, "index": 0}
        if self._chat:
            choice = {**choice, "message": {"role": "assistant", "content": text}}
        else:
            choice = {"text": text, "index": 0, "logprobs": None, **choice}
        names = self.names("chat.completion" if self._chat else "text_completion")
        return {"choices": [choice], **names, "usage": self._usage(), "timings": self.timings()}

    def names(self, kind: str) -> dict[str, object]:
        """What all bodies of the answer share."""
        return {
            "created": int(self.generation.started),
            "id": self._id,
            "model": MODEL,
            "system_fingerprint": SERVER,
            "object": kind,
        }

    def _chunk(self, delta: Json | str, finish_reason: str | None) -> Json:
        if isinstance(delta, str):
            choice: Json = {"text": delta, "index": 0, "logprobs": None, "finish_reason": finish_reason}
            return {"choices": [choice], **self.names("text_completion")}
        choice = {"finish_reason": finish_reason, "index": 0, "delta": delta}
        return {"choices": [choice], **self.names("chat.completion.chunk")}

    def _usage(self) -> Json:
        prompt, completion = self.generation.work.prompt_tokens, self.generation.decoded
        return {
            "completion_tokens": completion,
            "prompt_tokens": prompt,
            "total_tokens": prompt + completion,
            "prompt_tokens_details": {"cached_tokens": self.generation.work.cached_tokens},
        }


class NativeAnswer(_Base):
    """The answer of `/completion` and `/infill`."""

    ends_with_done = False

    def piece(self, text: str) -> Iterable[Json]:
        """See `Answer`."""
        if text:
            yield {
                "index": 0,
                "content": text,
                "tokens": [self.generation.decoded],
                "stop": False,
                "id_slot": -1,
                "tokens_predicted": self.generation.decoded,
                "tokens_evaluated": self.generation.work.prompt_tokens,
            }

    def closing(self) -> Iterable[Json]:
        """See `Answer`."""
        yield self.whole("")

    def whole(self, text: str) -> Json:
        """See `Answer`."""
        work = self.generation.work
        ended = "word" if work.stopping_word else "eos"
        return {
            "index": 0,
            "content": text,
            "tokens": [],
            "id_slot": self.generation.slot_number,
            "stop": True,
            "model": MODEL,
            "tokens_predicted": self.generation.decoded,
            "tokens_evaluated": work.prompt_tokens,
            "generation_settings": self.settings(),
            "prompt": self.prompt.text,
            "has_new_line": any("\n" in piece for piece in work.pieces[: self.generation.decoded]),
            "truncated": False,
            "stop_type": "limit" if work.finish_reason == "length" else ended,
            "stopping_word": work.stopping_word,
            "tokens_cached": work.prompt_tokens + max(self.generation.decoded - 1, 0),
            "timings": self.timings(),
        }

    def settings(self) -> Json:
        """What the request asked for."""
        limit = -1 if self.asked.max_tokens is None else self.asked.max_tokens
        return {
            "stop": list(self.asked.stop),
            "max_tokens": limit,
            "n_predict": limit,
            "stream": self.asked.stream,
        }
