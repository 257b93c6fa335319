"""What logs say. llama.cpp's lines were written by a real server; the others have the shapes of their sources."""

from qcn_lsp.launch.log_facts import Buffer, LogFacts, in_words, read_facts, telling_line

LLAMA_CPP = """\
0.00.339.443 I print_info: n_ctx_train           = 8192
0.00.353.712 I load_tensors:   CPU_Mapped model buffer size =    92.10 MiB
0.00.357.659 I llama_context: n_ctx                 = 4096
0.00.357.660 I llama_context: n_ctx_seq             = 4096
0.00.357.700 I llama_context:        CPU  output buffer size =     0.19 MiB
0.00.357.811 I llama_kv_cache:        CPU KV buffer size =    90.00 MiB
0.00.397.544 I llama_kv_cache: size =   90.00 MiB (  4096 cells,  30 layers,  1/1 seqs), K (f16):   45.00 MiB
0.00.401.372 I sched_reserve:        CPU compute buffer size =    18.64 MiB
0.00.401.395 I sched_reserve: graph: nodes = 939, splits = 1, input objects = 4, input tensors = 9
0.00.472.481 I srv    load_model: initializing, n_slots = 1, n_ctx_slot = 4096, kv_unified = 'false'
"""
IK_LLAMA_CPP = """\
llm_load_tensors: offloaded 49/49 layers to GPU
llm_load_tensors:        CPU buffer size = 41000.00 MiB
llm_load_tensors:        CPU buffer size =   472.00 MiB
llm_load_tensors:  CUDA_Host buffer size =   166.92 MiB
llm_load_tensors:      CUDA0 buffer size =  1403.21 MiB
llama_init_from_model: n_ctx         = 65536
llama_kv_cache_init:      CUDA0 KV buffer size =  1536.00 MiB
llama_init_from_model:      CUDA0 compute buffer size =   300.75 MiB
llama_init_from_model: graph nodes  = 2695
llama_init_from_model: graph splits = 98
"""
VLLM = """\
INFO 11-24 11:56:01 [gpu_model_runner.py:4119] Model loading took 43.62 GiB memory and 36.573577 seconds
INFO 11-24 11:56:04 [kv_cache_utils.py:1307] GPU KV cache size: 559,232 tokens
INFO 11-24 11:56:04 [kv_cache_utils.py:637] Maximum concurrency for 32,768 tokens per request: 29.06x
"""


def test_llama_cpp() -> None:
    assert read_facts(LLAMA_CPP) == LogFacts(
        buffers=(
            Buffer("CPU", "weights", 92.10),
            Buffer("CPU", "output", 0.19),
            Buffer("CPU", "KV", 90.0),
            Buffer("CPU", "compute", 18.64),
        ),
        graph_splits=1,
        ctx=4096,
    )


def test_llama_cpp_that_logs_little_still_says_its_context() -> None:
    quiet = "\n".join(line for line in LLAMA_CPP.splitlines() if "srv" in line)
    assert read_facts(quiet) == LogFacts(ctx=4096)


def test_ik_llama_cpp_weights_of_several_files_are_added_up() -> None:
    facts = read_facts(IK_LLAMA_CPP)
    assert facts.buffers[:2] == (Buffer("CPU", "weights", 41638.92), Buffer("GPU", "weights", 1403.21))
    assert in_words(facts) == [
        "GPU memory: weights 1,403 MiB, KV 1,536 MiB, compute 301 MiB",
        "CPU memory: weights 41,639 MiB",
        "layers on the GPU: 49/49",
        "graph splits: 98",
        "context: 65,536 tokens",
    ]


def test_older_llama_cpp_has_graph_splits_for_two_sizes_of_batch() -> None:
    assert read_facts("llama_context: graph splits = 98 (with bs=512), 3 (with bs=1)").graph_splits == 98


def test_vllm() -> None:
    facts = read_facts(VLLM)
    assert facts == LogFacts(ctx=32768, weights_gib=43.62, kv_tokens=559232, concurrency=29.06)
    assert in_words(facts) == [
        "GPU memory: weights 43.6 GiB",
        "context: 32,768 tokens",
        "cache: 559,232 tokens, 29.06 times the context",
    ]
    assert read_facts("model weights take 5.79GiB; non_torch_memory takes 0.1GiB").weights_gib == 5.79


def test_an_empty_log_says_nothing() -> None:
    assert read_facts("") == LogFacts()
    assert in_words(LogFacts()) == []
    assert telling_line("\n \n") == ""


def test_the_telling_line_is_the_complaint_and_not_the_epilogue() -> None:
    log = "loading\nE load_model: failed to load model 'x'\nI cleaning up\nE exiting due to model loading error"
    assert telling_line(log) == "E load_model: failed to load model 'x'"


def test_memory_tells_more_than_the_errors_it_causes() -> None:
    cause, effect = "torch.OutOfMemoryError: CUDA out of memory.", "RuntimeError: Engine core initialization failed."
    assert telling_line(f"{cause}\n{effect}") == cause


def test_a_log_without_complaints_is_told_by_its_last_line() -> None:
    assert telling_line("one\ntwo\n\n") == "two"


def test_what_is_shown_of_a_log_cannot_steer_a_terminal() -> None:
    assert telling_line("\x1b[31merror: \x1b]0;title\x07no\u202e file\x1b[0m") == "error: ]0;title no file"
    assert len(telling_line("error " * 1000)) == 300
