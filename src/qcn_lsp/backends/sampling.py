"""How to choose tokens, in the words of each server. All is always sent: servers' own defaults differ."""

from qcn_lsp.core.generation import Sampling


def openai_sampling(sampling: Sampling) -> dict[str, object]:
    """What every compatible server knows."""
    fields: dict[str, object] = {"temperature": sampling.temperature, "top_p": sampling.top_p}
    return fields if sampling.seed is None else {**fields, "seed": sampling.seed}


def llama_sampling(sampling: Sampling) -> dict[str, object]:
    """llama.cpp's and ik_llama.cpp's; their `min_p` would be 0.05."""
    return {**openai_sampling(sampling), "top_k": sampling.top_k, "min_p": 0.0, "repeat_penalty": 1.0}


def vllm_sampling(sampling: Sampling) -> dict[str, object]:
    """vLLM's, which would take what it is not told from the model's `generation_config.json`."""
    return {**openai_sampling(sampling), "top_k": sampling.top_k, "min_p": 0.0, "repetition_penalty": 1.0}
