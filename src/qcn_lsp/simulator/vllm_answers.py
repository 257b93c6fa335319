"""The bodies of vLLM's answers, shaped as recorded from version 0.32."""

import secrets
from collections.abc import Iterable

from qcn_lsp.simulator.asking import Asked, Kind
from qcn_lsp.simulator.dialect import MODEL, SERVER, Json
from qcn_lsp.simulator.generation import Generation


class VllmAnswer:
    """A chat completion, or a completion of a raw prompt.

    Args:
        asked: The request.
        generation: Its course.
        cache_told: Whether usage says what came from the cache.
    """

    ends_with_done = True

    def __init__(self, asked: Asked, generation: Generation, *, cache_told: bool) -> None:
        self._asked = asked
        self._generation = generation
        self._cache_told = cache_told
        self._chat = asked.kind is Kind.CHAT
        self._id = f"{'chatcmpl' if self._chat else 'cmpl'}-{secrets.token_hex(8)}"

    def opening(self) -> Iterable[Json]:
        """See `Answer`."""
        if self._chat:
            choice: Json = {"delta": {"role": "assistant", "content": ""}, "logprobs": None, "finish_reason": None}
            yield {**self._chunk(choice), "prompt_token_ids": None, "prompt_text": None}

    def progress(self, done: int) -> Iterable[Json]:  # noqa: ARG002 - the protocol's
        """See `Answer`."""
        return ()

    def piece(self, text: str) -> Iterable[Json]:
        """See `Answer`. The event of the last token says why the answer ended."""
        reason = self._generation.finish_reason
        if self._chat:
            choice: dict[str, object] = {"delta": {"content": text}, "logprobs": None, "finish_reason": reason}
            ended: dict[str, object] = {"stop_reason": self._stop_reason()} if reason else {}
            choice |= ended | {"token_ids": None}
        else:
            choice = {"text": text, "logprobs": None, "finish_reason": reason, "stop_reason": self._stop_reason()}
            choice |= {"prompt_token_ids": None, "token_ids": None}
        chunk = self._chunk(choice)
        yield {**chunk, "system_fingerprint": SERVER} if reason and not self._asked.usage else chunk

    def closing(self) -> Iterable[Json]:
        """See `Answer`."""
        if self._asked.usage:
            yield {**self._names(stream=True), "choices": [], "usage": self._usage(), "system_fingerprint": SERVER}

    def whole(self, text: str) -> Json:
        """See `Answer`."""
        details = {"prompt_tokens_details": None, "completion_tokens_details": None}
        ended = {"finish_reason": self._generation.finish_reason, "stop_reason": self._stop_reason()}
        shared: Json = {"service_tier": None, "system_fingerprint": SERVER, "usage": {**details, **self._usage()}}
        transfers: Json = {"kv_transfer_params": None, "ec_transfer_params": None, "metrics": None}
        if not self._chat:
            choice: Json = {"index": 0, "text": text, "logprobs": None, **ended, "token_ids": None}
            choice = {**choice, "prompt_logprobs": None, "prompt_token_ids": None, "routed_experts": None}
            return {**self._names(stream=False), "choices": [choice], **shared, **transfers}
        nothing = dict.fromkeys(("refusal", "annotations", "audio", "function_call", "reasoning"))
        message: Json = {"role": "assistant", "content": text, **nothing}
        choice = {"index": 0, "message": message, "logprobs": None, **ended, "token_ids": None, "routed_experts": None}
        prompt = {"prompt_logprobs": None, "prompt_token_ids": None, "prompt_text": None}
        return {**self._names(stream=False), "choices": [choice], **shared, **prompt, **transfers}

    def _chunk(self, choice: Json) -> Json:
        return {**self._names(stream=True), "choices": [{"index": 0, **choice}]}

    def _names(self, *, stream: bool) -> Json:
        chat = "chat.completion.chunk" if stream else "chat.completion"
        return {
            "id": self._id,
            "object": chat if self._chat else "text_completion",
            "created": int(self._generation.started),
            "model": MODEL,
        }

    def _stop_reason(self) -> str | None:
        return self._generation.work.stopping_word or None if self._generation.finish_reason == "stop" else None

    def _usage(self) -> Json:
        prompt, completion = self._generation.work.prompt_tokens, self._generation.decoded
        usage = {"prompt_tokens": prompt, "total_tokens": prompt + completion, "completion_tokens": completion}
        if not self._cache_told:
            return usage
        return {**usage, "prompt_tokens_details": {"cached_tokens": self._generation.work.cached_tokens}}
