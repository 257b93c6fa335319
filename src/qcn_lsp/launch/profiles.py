"""The launch profiles: the published commands of the three modes, what is done differently and why, and `local`.

Speeds and contexts come from `config.published`. Memory is as published: 1,403 MiB of weights on the GPU and 41,472 MiB
on the CPU with `-ot exps=CPU`, 42,875 MiB on the GPU without, about 22 GB for NVFP4.
"""

from dataclasses import replace

from qcn_lsp.config.published import PUBLISHED
from qcn_lsp.config.settings import Mode, ServerKind
from qcn_lsp.launch.profile import (
    CTX,
    HOST,
    INSIDE,
    MODEL,
    MODELS,
    NAME,
    PORT,
    THREADS,
    THREADS_BATCH,
    Container,
    Flag,
    Profile,
)

PRACTICAL_CTX = 65536
"""The published notes call a larger context of `hybrid` impractical: 262144 makes a massive KV cache."""

LOCAL_CTX = 8192
LOCAL_PORT = 8082

_QUICK_CANCEL = (
    "a cancelled request leaves its slot only between two batches: 2.7 s with 2048, 0.28 s with 512 (measured with a "
    "small model); at 117 tok/s a batch of 2048 takes 17 s"
)
_HOST = Flag(
    ("--host", HOST),
    "this machine only: there is no key, whoever reaches the port can use it",
    "0.0.0.0",  # noqa: S104 - what the study had, and this has not
)
_PORT = Flag(("--port", PORT), "where qcn-lsp looks for this mode if nothing is configured")
_METRICS = Flag(("--metrics",), "lets `qcn-lsp doctor` see how busy the server is", "")
_ONE_SLOT = "one request at a time has the whole context; qcn-lsp queues on its own side"
_JINJA = Flag(("--jinja",), "the model's own chat template")
_NAME = Flag(("--name", f"qcn-lsp-{NAME}"), "so that `qcn-lsp backend down` finds it", "")
_PUBLISH = Flag(
    ("-p", f"127.0.0.1:{PORT}:{INSIDE}"),
    "to this machine only: without the address podman opens the port to the network, and there is no key",
    f"{PORT}:{INSIDE}",
)
_REMOVE = Flag(("--rm",), "nothing is left behind when it ends")
_SHARED = Flag(("--shm-size", "16g"), "shared memory for the server's threads")
_NICE = Flag(("--cap-add=SYS_NICE",), "lets the server pin its threads")
_GPU = Flag(("--device", "nvidia.com/gpu=all"), "the GPU, through the NVIDIA container toolkit")
_GGUF_FOLDER = Flag(("-v", f"{MODELS}:/models:ro,Z"), "the folder of the models; the server only reads")
_NO_TERMINAL = Flag(("-it",), "the server needs no terminal, and a background start has none")
_LLAMA_INSTALL = "build it from https://github.com/ggml-org/llama.cpp"
_IK_INSTALL = "build it from https://github.com/ikawrakow/ik_llama.cpp, and name it with --program if there are two"
_VLLM_INSTALL = "install it with `pip install vllm` in an environment of its own"

PRECISE = Profile(
    name="precise",
    title="Qwen3-Coder-Next, BF16, on the CPU",
    purpose="audits, final reviews",
    server=ServerKind.LLAMA_CPP,
    program=("llama-server",),
    install=_LLAMA_INSTALL,
    port=8081,
    ctx=PUBLISHED[Mode.PRECISE].ctx,
    rate="7.59",
    speed="33.37 (short prompt) to 117.40 (287 tokens) prompt tok/s, 7.59 generated tok/s",
    needs=("no GPU", "about 160 GB of RAM for the weights (80 billion at 2 bytes; the study's machine had 768 GB)"),
    threads=13,
    threads_batch=13,
    flags=(
        Flag(("-m", MODEL), "the first of the model's GGUF files; the others are found beside it"),
        Flag(("--cache-type-k", "q8_0"), "half the memory traffic for what was read before"),
        Flag(("--cache-type-v", "q8_0"), "the same for values; needs flash attention"),
        Flag(("--flash-attn", "on"), "less memory traffic, and the quantized cache needs it"),
        Flag(("--ctx-size", CTX), "room for a unit, its context and the answer"),
        Flag(("--parallel", "1"), _ONE_SLOT),
        Flag(("--threads", THREADS), "generation is bound by memory; a few cores stay free"),
        Flag(("--threads-batch", THREADS_BATCH), "the same for reading prompts"),
        Flag(("--batch-size", "512"), _QUICK_CANCEL, "2048"),
        Flag(("--ubatch-size", "512"), "what the CPU computes at once"),
        _JINJA,
        _METRICS,
        _HOST,
        _PORT,
    ),
    container=Container(
        (_REMOVE, _NAME, _PUBLISH, _SHARED, _NICE, replace(_GGUF_FOLDER, study=f"{MODELS}:/models:Z")), 8080, "/models"
    ),
    left_out=(_NO_TERMINAL,),
    notes=(
        "It resumes only at the start of a user message whose whole prefix is unchanged.",
        "Fill-in-the-middle prompts are always read whole, which takes long on a CPU.",
    ),
)

HYBRID = Profile(
    name="hybrid",
    title="Qwen3-Coder-Next, IQ4_NL, experts on the CPU, the rest on the GPU",
    purpose="normal coding",
    server=ServerKind.IK_LLAMA_CPP,
    program=("llama-server",),
    install=_IK_INSTALL,
    port=8001,
    ctx=PUBLISHED[Mode.HYBRID].ctx,
    rate="58.94",
    speed="761-1,120 prompt tok/s, 58.94 generated tok/s",
    needs=("about 3 GB of VRAM (weights: 1,403 MiB)", "41,472 MiB of RAM for the experts"),
    threads=13,
    threads_batch=23,
    flags=(
        Flag(("-m", MODEL), "the model's GGUF file"),
        Flag(("-c", CTX), "the practical upper limit"),
        Flag(("--parallel", "1"), _ONE_SLOT, ""),
        Flag(("--threads", THREADS), "the experts are computed on the CPU; a few cores stay free"),
        Flag(("--threads-batch", THREADS_BATCH), "reading prompts is bound by computing: more threads help"),
        Flag(
            ("-b", "512"),
            "it can resume only where a batch ended: with 2048 a shared beginning of less is read again each time; "
            "cancels are quicker too, but long new prompts are read more slowly than published",
            "2048",
        ),
        Flag(("-ub", "512"), "no larger than -b", "2048"),
        Flag(("-ngl", "99"), "all layers on the GPU ..."),
        Flag(("-ot", "exps=CPU"), "... but the experts on the CPU: 40 GB less VRAM, 31 % slower"),
        Flag(("-fa", "on"), "flash attention: less memory for the cache"),
        Flag(("--no-mmap",), "the weights are read once, and stay in RAM"),
        _JINJA,
        _METRICS,
        _HOST,
        _PORT,
    ),
    container=Container((_REMOVE, _NAME, _PUBLISH, _GPU, _SHARED, _NICE, _GGUF_FOLDER), 8080, "/models"),
    left_out=(_NO_TERMINAL,),
    notes=(
        f"-c 262144 is possible but makes a massive KV cache; past {PRACTICAL_CTX:,} it is impractical.",
        "graph splits is how often the work on a token changes between CPU and GPU: that is what slows it down.",
        "Published: 98 graph splits with the experts on the CPU, 2 with all on the GPU.",
        "A build of ik_llama.cpp from before June 2026 stops another client's request when a queued one is cancelled.",
    ),
)

ALL_GPU = replace(
    HYBRID,
    title="Qwen3-Coder-Next, IQ4_NL, all on the GPU",
    purpose="fast coding",
    rate="85.36",
    speed="880-3,572 prompt tok/s, 85.36 generated tok/s",
    needs=("about 43 GB of VRAM (weights: 42,875 MiB)",),
    flags=tuple(
        replace(flag, why="all layers on the GPU") if flag.words[0] == "-ngl" else flag
        for flag in HYBRID.flags
        if flag.words[0] != "-ot"
    ),
)
"""The study's Run B: `hybrid` without `-ot exps=CPU`."""

NVFP4 = Profile(
    name="nvfp4",
    title="Qwen3-Coder-Next, NVFP4, on the GPU",
    purpose="completions, tools",
    server=ServerKind.VLLM,
    program=("vllm", "serve"),
    install=_VLLM_INSTALL,
    port=8000,
    ctx=PUBLISHED[Mode.NVFP4].ctx,
    rate="58-100",
    speed="17-669 prompt tok/s, 58-100 generated tok/s once stable (a rolling average of its log)",
    needs=("about 22 GB of VRAM as published; vLLM takes 88 % of the card whatever it needs",),
    model="vincentzed-hf/Qwen3-Coder-Next-NVFP4",
    flags=(
        Flag((MODEL,), "a name at the Hugging Face Hub, which is downloaded once, or a folder"),
        Flag(("--dtype", "auto"), "what the model says"),
        Flag(("--gpu-memory-utilization", "0.88"), "the share of the card it takes; the rest is left to others"),
        Flag(("--max-num-seqs", "1"), _ONE_SLOT),
        Flag(("--max-model-len", CTX), "room for a unit, its context and the answer"),
        Flag(("--enable-prefix-caching",), "a shared beginning is read once; it counts from its third request on"),
        Flag(("--enable-prompt-tokens-details",), "lets qcn-lsp see what was served from the cache", ""),
        Flag(("--enable-auto-tool-choice",), "for other clients of the same server; qcn-lsp calls no tools"),
        Flag(("--tool-call-parser", "qwen3_coder"), "the same"),
        replace(_HOST, study=""),
        _PORT,
    ),
    environment=(Flag(("VLLM_NO_USAGE_STATS=1",), "vLLM reports its use to its makers otherwise", ""),),
    container=Container(
        (
            _REMOVE,
            _NAME,
            _PUBLISH,
            _GPU,
            _SHARED,
            Flag(("-v", f"{MODELS}:/root/.cache/huggingface:Z"), "the Hub's cache, so that a download is kept"),
        ),
        8000,
        "",
    ),
    left_out=(
        Flag(
            ("--trust-remote-code",),
            "it runs programs out of the model's repository as you; vLLM knows this architecture without",
        ),
    ),
    notes=(
        "Only whole blocks of about 544 tokens are kept: a shorter beginning is read again each time.",
        "Leave speculative decoding off: vLLM's ngram corrupts the output of this architecture.",
        "The published command ran without podman; the image's entry point must be `vllm serve`, as vllm-openai's is.",
    ),
)

LOCAL = Profile(
    name="local",
    title="any small GGUF model, on the CPU, by the llama.cpp inside `pip install 'qcn-lsp[local]'`",
    purpose="trying qcn-lsp out",
    server=ServerKind.LLAMA_CPP,
    program=("python", "-Pm", "qcn_lsp.launch.local_server"),
    install="install it with `pip install 'qcn-lsp[local]'`",
    port=LOCAL_PORT,
    ctx=LOCAL_CTX,
    rate="",
    speed="none: it depends on the model and the machine; `qcn-lsp bench backend` measures it",
    needs=("RAM for the model's file, and about 1 GB",),
    flags=(
        Flag(("--model", MODEL), "the GGUF file"),
        Flag(("--port", PORT), "none of the three default ports: a small model is no `precise`"),
        Flag(("--ctx", CTX), "room for a unit, its context and the answer"),
        Flag(("--threads", THREADS), "one core stays free: threads that wait for each other are ten times slower"),
        Flag(("--batch", "512"), "a cancelled request leaves its slot only between two batches"),
    ),
    notes=(
        "It is found only if the configuration names it, as a `hybrid`: what a small model finds stays preliminary.",
        "It always listens on this machine only, has one slot, and lets no web page of another site use it.",
    ),
)

PROFILES = {profile.name: profile for profile in (PRECISE, HYBRID, NVFP4, LOCAL)}
"""By name; `ALL_GPU` is a variant of `hybrid`."""
