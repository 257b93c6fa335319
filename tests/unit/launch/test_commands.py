"""The commands: the published flags, what differs, and text that can be pasted."""

import shlex
import subprocess
from pathlib import Path

import pytest

from qcn_lsp.config.settings import DEFAULT_BACKENDS
from qcn_lsp.errors import ConfigError
from qcn_lsp.launch.commands import Choices, command, shell_text, variables
from qcn_lsp.launch.describe import explained
from qcn_lsp.launch.plan import Options, choices_of, profile_of
from qcn_lsp.launch.profile import Profile
from qcn_lsp.launch.profiles import ALL_GPU, HYBRID, LOCAL, NVFP4, PRECISE, PROFILES

# The study's commands, their differences here applied.
PRECISE_COMMAND = """
    podman run --rm --name qcn-lsp-precise -p 127.0.0.1:8081:8080 --shm-size 16g --cap-add=SYS_NICE
    -v /mo:/models:ro,Z llama:qwen -m /models/BF16/Q-00001-of-00004.gguf
    --cache-type-k q8_0 --cache-type-v q8_0 --flash-attn on --ctx-size 16384
    --parallel 1 --threads 13 --threads-batch 13 --batch-size 512 --ubatch-size 512
    --jinja --metrics --host 0.0.0.0 --port 8080
"""
HYBRID_COMMAND = """
    llama-server -m /m/Q.gguf -c 65536 --parallel 1 --threads 13 --threads-batch 23 -b 512 -ub 512 -ngl 99
    -ot exps=CPU -fa on --no-mmap --jinja --metrics --host 127.0.0.1 --port 8001
"""
NVFP4_COMMAND = """
    env VLLM_NO_USAGE_STATS=1 vllm serve vincentzed-hf/Qwen3-Coder-Next-NVFP4
    --dtype auto --gpu-memory-utilization 0.88 --max-num-seqs 1 --max-model-len 32768
    --enable-prefix-caching --enable-prompt-tokens-details
    --enable-auto-tool-choice --tool-call-parser qwen3_coder --host 127.0.0.1 --port 8000
"""


def test_precise_in_podman() -> None:
    choices = Choices(model="/models/BF16/Q-00001-of-00004.gguf", image="llama:qwen", models="/mo")
    assert command(PRECISE, "podman", choices) == tuple(PRECISE_COMMAND.split())


def test_hybrid_itself() -> None:
    assert command(HYBRID, choices=Choices(model="/m/Q.gguf")) == tuple(HYBRID_COMMAND.split())


def test_nvfp4_itself() -> None:
    assert command(NVFP4) == tuple(NVFP4_COMMAND.split())


def test_all_gpu_differs_by_where_the_experts_are() -> None:
    words = list(command(HYBRID))
    where = words.index("-ot")
    assert list(command(ALL_GPU)) == words[:where] + words[where + 2 :]


@pytest.mark.parametrize("profile", [PRECISE, HYBRID, ALL_GPU, NVFP4])
def test_nobody_else_reaches_the_port(profile: Profile) -> None:
    native = command(profile)
    assert native[native.index("--host") + 1] == "127.0.0.1"
    podman = command(profile, "podman")
    assert podman[podman.index("-p") + 1].startswith(f"127.0.0.1:{profile.port}:")


def test_the_default_ports_are_where_qcn_lsp_looks() -> None:
    looked_at = {backend.name: (backend.server, backend.base_url) for backend in DEFAULT_BACKENDS}
    assert looked_at == {
        name: (profile.server, f"http://127.0.0.1:{profile.port}/v1")
        for name, profile in PROFILES.items()
        if name != "local"
    }
    assert str(LOCAL.port) not in str(DEFAULT_BACKENDS)


def test_what_was_chosen_takes_the_place_of_the_profile() -> None:
    words = command(
        PRECISE, choices=Choices(model="/m.gguf", port=9, ctx=4096, threads=2, threads_batch=3, program="/l")
    )
    said = " ".join(words)
    assert words[0] == "/l"
    assert "--port 9" in said
    assert "--ctx-size 4096 " in said
    assert "--threads 2 --threads-batch 3" in said


@pytest.mark.parametrize("model", ['/my models/it\'s $HOME `id` "x".gguf', "/m/{port}.gguf", "/m/$MODEL.gguf"])
def test_a_shell_reads_the_text_as_the_same_words(model: str, tmp_path: Path) -> None:
    words = command(PRECISE, choices=Choices(model=model, program="printf '%s\\n'"))
    script = shell_text(words).replace(shlex.quote("printf '%s\\n'"), "printf '%s\\n'", 1)
    done = subprocess.run(["/bin/sh", "-c", script], capture_output=True, text=True, check=True, cwd=tmp_path)
    assert tuple(done.stdout.splitlines()) == words[1:]


def test_what_is_not_chosen_is_left_to_shell_variables() -> None:
    words = command(PRECISE, "podman")
    script = shell_text(words).replace("podman run", "printf '%s\\n'", 1)
    environment = {"MO": "/my models", "IMG": "an image", "MODEL": "a/b c.gguf"}
    done = subprocess.run(["/bin/sh", "-c", script], capture_output=True, text=True, check=True, env=environment)
    assert {"/my models:/models:ro,Z", "an image", "/models/a/b c.gguf"} <= set(done.stdout.splitlines())
    assert [sentence.split()[1] for sentence in variables(PRECISE, words)] == ["MODEL", "MO", "IMG"]
    assert [sentence.split()[1] for sentence in variables(PRECISE, command(PRECISE))] == ["MODEL"]
    assert variables(NVFP4, command(NVFP4)) == []


def test_a_model_for_podman_is_named_as_the_container_sees_it() -> None:
    options = Options("hybrid", model="/data/gguf/a b/Q.gguf", models="/data/gguf", podman=True, image="i")
    words = command(HYBRID, "podman", choices_of(options, HYBRID))
    assert words[words.index("-m") + 1] == "/models/a b/Q.gguf"
    alone = Options("hybrid", model="/data/gguf/a b/Q.gguf", podman=True, image="i")
    words = command(HYBRID, "podman", choices_of(alone, HYBRID))
    assert words[words.index("-v") + 1] == "/data/gguf/a b:/models:ro,Z"
    outside = Options("hybrid", model="/data/Q.gguf", models="/data/gguf", podman=True, image="i")
    with pytest.raises(ConfigError, match="the container cannot see it"):
        choices_of(outside, HYBRID)


def test_a_name_at_the_hub_never_becomes_a_folder_of_the_repository(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "owner" / "name").mkdir(parents=True)
    monkeypatch.chdir(tmp_path)
    assert choices_of(Options("nvfp4", model="owner/name"), NVFP4).model == "owner/name"
    assert choices_of(Options("nvfp4", model="./owner/name"), NVFP4).model == str(tmp_path / "owner" / "name")
    for wrong in ("owner", "-x/y", "a/b/c", "./nowhere"):
        with pytest.raises(ConfigError, match=r"OWNER/NAME|no such folder"):
            choices_of(Options("nvfp4", model=wrong), NVFP4)


@pytest.mark.parametrize(
    "options",
    [
        Options("precise", all_gpu=True),
        Options("local", podman=True),
        Options("local", program="/bin/true"),
        Options("precise", podman=True, program="/bin/true"),
        Options("precise", image="i"),
        Options("precise", models="/m"),
        Options("precise", podman=True, models="/a:b"),
    ],
)
def test_options_that_do_not_go_together_are_refused(options: Options) -> None:
    with pytest.raises(ConfigError):
        profile_of(options)


def test_every_flag_has_its_reason_and_says_what_was_published() -> None:
    text = explained(PRECISE, None, 400)
    for flag in PRECISE.flags:
        line = next(line for line in text.splitlines() if line.strip().startswith(flag.words[0] + " "))
        assert flag.why in line
    batch = next(line for line in text.splitlines() if "--batch-size" in line)
    assert "leaves its slot only between two batches" in batch
    assert batch.endswith("[published: 2048]")
    assert "65,536 it is impractical" in explained(HYBRID, None, 100)
    assert "98 graph splits" in explained(HYBRID, None, 100)
    assert "42,875 MiB" in explained(ALL_GPU, None, 100)
    assert max(map(len, explained(NVFP4, None, 100).splitlines())) <= 100
