"""The servers that the contract suite runs on, and what each can tell. What differs between them is data, here only.

Besides the simulator in each mode and a real llama.cpp with a small model, what recordings can show is shown on
recordings. A real ik_llama.cpp and a real vLLM take part if their addresses are in the environment: CONTRIBUTING.md.
"""

import os
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace

import pytest

from qcn_lsp.config.settings import BackendSettings, Mode, ServerKind
from qcn_lsp.core.generation import Feature
from servers.replay import Answering, Reply, Sent, recorded

CTX = 4096
ENDLESS = "ENDLESS"
# No grammar holds a completion, but a real model goes on with this for long.
COUNTING = "".join(f"    {number},\n" for number in range(1, 61))


@dataclass(frozen=True, slots=True)
class Target:
    """What is expected of one server. The defaults are those of a server that tells everything.

    Args:
        name: In the names of tests.
        kind: Whose server.
        mode: What it is used for.
        base_url: Where it is, known when it runs.
        ctx: Context, None if whoever started it knows.
        recorded: Whether it only repeats itself.
        infill: Whether its model can fill in the middle.
        progress: Whether it tells how much of the prompt it has read.
        cached: Whether it tells what was cached, None if that depends on how it was started.
        resumes: Whether the second of two prompts with one beginning of 60 tokens is read from where they part.
        counts_overflow: Whether it tells how long a prompt was that did not fit.
        tells_ctx: Whether it tells then what would fit.
        shows_reading: Whether it counts as busy while it reads a prompt.
        protocol_only: Whether it is asked in OpenAI's protocol alone, which tells neither what it works on nor how many
            tokens a text has, and promises no answer format.
        endless: Whether it can be made to write without end.
    """

    name: str
    kind: ServerKind
    mode: Mode
    base_url: str = ""
    ctx: int | None = CTX
    recorded: bool = False
    infill: bool = True
    progress: bool = False
    cached: bool | None = True
    resumes: bool = False
    counts_overflow: bool = False
    tells_ctx: bool = True
    shows_reading: bool = True
    protocol_only: bool = False
    endless: bool = True

    def settings(self, **changed: int | str) -> BackendSettings:
        created = BackendSettings("tested", self.mode, self.kind, self.base_url)
        return replace(created, **changed)  # type: ignore[arg-type] # a test's own words

    def watched(self) -> BackendSettings:
        """The same server, asked in a dialect that tells what it works on."""
        server = ServerKind.VLLM if self.mode is Mode.NVFP4 else ServerKind.LLAMA_CPP
        return self.settings(server=server) if self.protocol_only else self.settings()

    @property
    def features(self) -> frozenset[Feature]:
        if self.protocol_only:
            return frozenset()
        return frozenset(Feature) - (frozenset() if self.infill else {Feature.INFILL})


_LLAMA = Target("", ServerKind.LLAMA_CPP, Mode.PRECISE, progress=True, resumes=True, counts_overflow=True)
_IK = Target("", ServerKind.IK_LLAMA_CPP, Mode.HYBRID, tells_ctx=False, shows_reading=False)
_VLLM = Target("", ServerKind.VLLM, Mode.NVFP4, cached=False)

SIMULATED = {
    "simulated-precise": replace(_LLAMA, name="simulated-precise"),
    "simulated-hybrid": replace(_IK, name="simulated-hybrid"),
    "simulated-nvfp4": replace(_VLLM, name="simulated-nvfp4"),
}
REAL_LLAMA = replace(_LLAMA, name="real-llama.cpp", infill=False)
_OPENAI = Target("", ServerKind.OPENAI, Mode.NVFP4, infill=False, cached=None, protocol_only=True)
PROTOCOL_ONLY = {
    "openai-on-simulated-nvfp4": replace(_OPENAI, name="openai-on-simulated-nvfp4"),
    # No schema makes a small model go on for long.
    "openai-on-real-llama.cpp": replace(
        _OPENAI, name="openai-on-real-llama.cpp", mode=Mode.PRECISE, counts_overflow=True, endless=False
    ),
}
RECORDED = {
    "recorded-llama.cpp": replace(_LLAMA, name="recorded-llama.cpp", recorded=True),
    "recorded-vllm": replace(_VLLM, name="recorded-vllm", recorded=True, ctx=2048),
}
_GIVEN = (
    ("QCN_TEST_IK_LLAMA_URL", replace(_IK, name="real-ik_llama.cpp", ctx=None)),
    ("QCN_TEST_VLLM_URL", replace(_VLLM, name="real-vllm", ctx=None, cached=None)),
)
GIVEN = {
    target.name: replace(target, base_url=os.environ[variable].rstrip("/"))
    for variable, target in _GIVEN
    if os.environ.get(variable)
}
TARGETS: Mapping[str, Target] = {**SIMULATED, REAL_LLAMA.name: REAL_LLAMA, **PROTOCOL_ONLY, **RECORDED, **GIVEN}


def on(which: Callable[[Target], bool]) -> pytest.MarkDecorator:
    """Runs a test on every server of which that is so."""
    chosen = [
        pytest.param(target, id=name, marks=[pytest.mark.given_server] if name in GIVEN else [])
        for name, target in TARGETS.items()
        if which(target)
    ]
    return pytest.mark.parametrize("target", chosen, indirect=True)


on_all = on(lambda _: True)
on_formatting = on(lambda target: not target.recorded and not target.protocol_only)
on_endless = on(lambda target: not target.recorded and target.endless)
on_running = on(lambda target: not target.recorded)
on_filling = on(lambda target: target.infill)
on_running_and_filling = on(lambda target: target.infill and not target.recorded)


def replies(target: Target) -> Mapping[str, Answering]:
    """The recorded answers of one server, by path."""
    return _LLAMA_REPLIES if target.kind is ServerKind.LLAMA_CPP else _VLLM_REPLIES


def _is_long(sent: Sent) -> bool:
    return len(sent.body) > CTX


def _is_control_token(sent: Sent) -> bool:
    return str(sent.json.get("content") or sent.json.get("prompt")).startswith("<|")


def _whole(name: str) -> Reply:
    """An answer that was recorded in one piece, as a stream of one event."""
    return Reply(200, "text/event-stream", f"data: {recorded(name).body}\n\ndata: [DONE]\n\n")


# Of a coder model, to which each control token is one.
_ONE = Reply(200, body='{"tokens":[151645],"count":1}')
_LLAMA_REPLIES: Mapping[str, Answering] = {
    "/health": Reply(200, body='{"status":"ok"}'),
    "/props": recorded("props"),
    "/slots": recorded("slots"),
    "/metrics": recorded("metrics"),
    "/tokenize": lambda sent: _ONE if _is_control_token(sent) else recorded("tokenize"),
    "/v1/chat/completions": lambda sent: recorded("ctx_overflow_chat_stream" if _is_long(sent) else "chat_stream"),
    "/infill": recorded("infill_stream"),
}
_VLLM_REPLIES: Mapping[str, Answering] = {
    "/v1/models": recorded("vllm/models"),
    "/version": recorded("vllm/version"),
    "/metrics": Reply(200, "text/plain", 'vllm:num_requests_running{engine="0"} 0.0\n'),
    "/tokenize": lambda sent: _ONE if _is_control_token(sent) else recorded("vllm/tokenize"),
    "/v1/chat/completions": lambda sent: recorded("vllm/ctx_overflow" if _is_long(sent) else "vllm/chat_stream"),
    "/v1/completions": lambda sent: recorded("vllm/ctx_overflow") if _is_long(sent) else _whole("vllm/fim_raw"),
}
