"""How fast and how large each mode's server was in the published measurements.

One workstation (AMD EPYC 9175F, 768 GB DDR5-6400, RTX PRO 6000 Blackwell Max-Q 96 GB):

| mode | server | prompt tok/s | generated tok/s | ctx |
|---|---|---|---|---|
| precise | llama.cpp, BF16, CPU, 13 threads | 33.37 ("short prompt"), 117.40 (287 tokens) | 7.59 sustained | 16384 |
| hybrid | ik_llama.cpp, IQ4_NL, experts on the CPU | 761 (low end of 761-1,120) | 58.94 average | 65536 |
| nvfp4 | vLLM, NVFP4, GPU | 669 (top of a rolling log average of 17-669) | 58 (low end of 58-100 stable) | 32768 |

The length of the published short prompt is not known; 32 tokens is this project's reading of it.
"""

from dataclasses import dataclass

from qcn_lsp.config.settings import Mode, ServerKind

SHORT_PROMPT_TOKENS = 32
MEASURED_PROMPT_TOKENS = 287


@dataclass(frozen=True, slots=True)
class Published:
    """The published figures of one mode.

    Args:
        mode: Which.
        server: Whose server was measured.
        prompt_rate: Tokens a second, for prompts of `MEASURED_PROMPT_TOKENS` and more.
        short_prompt_rate: The same for prompts of at most `SHORT_PROMPT_TOKENS`.
        generation_rate: Tokens a second.
        ctx: Context in tokens.
    """

    mode: Mode
    server: ServerKind
    prompt_rate: float
    short_prompt_rate: float
    generation_rate: float
    ctx: int

    def prompt_seconds(self, tokens: int) -> float:
        """Time to read that many uncached prompt tokens; linear in time between the two measured lengths."""
        if tokens >= MEASURED_PROMPT_TOKENS:
            return tokens / self.prompt_rate
        if tokens <= SHORT_PROMPT_TOKENS:
            return max(tokens, 0) / self.short_prompt_rate
        short = SHORT_PROMPT_TOKENS / self.short_prompt_rate
        measured = MEASURED_PROMPT_TOKENS / self.prompt_rate
        share = (tokens - SHORT_PROMPT_TOKENS) / (MEASURED_PROMPT_TOKENS - SHORT_PROMPT_TOKENS)
        return short + (measured - short) * share

    def generation_seconds(self, tokens: int) -> float:
        """Time to generate that many tokens. The first costs nothing: it falls out of reading the prompt."""
        return max(tokens - 1, 0) / self.generation_rate


PUBLISHED = {
    published.mode: published
    for published in (
        Published(
            Mode.PRECISE,
            ServerKind.LLAMA_CPP,
            prompt_rate=117.40,
            short_prompt_rate=33.37,
            generation_rate=7.59,
            ctx=16384,
        ),
        Published(
            Mode.HYBRID,
            ServerKind.IK_LLAMA_CPP,
            prompt_rate=761.0,
            short_prompt_rate=761.0,
            generation_rate=58.94,
            ctx=65536,
        ),
        Published(
            Mode.NVFP4,
            ServerKind.VLLM,
            prompt_rate=669.0,
            short_prompt_rate=669.0,
            generation_rate=58.0,
            ctx=32768,
        ),
    )
}
"""By mode; `embedded` has none."""
