"""How vLLM words an overflow: differently every few releases, and counts only where it has counted to the end."""

import pytest

from qcn_lsp.backends.error_body import ErrorBody, Overflow, read_error_body, vllm_overflow


@pytest.mark.parametrize(
    ("message", "told"),
    [
        (
            (
                "This model's maximum context length is 2048 tokens. However, your prompt contains at least "
                "2049 input tokens, which exceeds this limit even without any output tokens. "
                "(parameter=input_tokens, value=2049)"
            ),
            Overflow(None, 2048),
        ),
        (
            (
                "This model's maximum context length is 2048 tokens. However, you requested 8 output tokens and "
                "your prompt contains 2044 input tokens, for a total of 2052 tokens."
            ),
            Overflow(2044, 2048),
        ),
        (
            (
                "You passed 2041 input tokens and requested 8 output tokens. However, the model's context "
                "length is only 2048 tokens, resulting in a maximum input length of 2040 tokens."
            ),
            Overflow(None, 2048),
        ),
        (
            (
                "You passed 90000 input characters and requested 8 output tokens. However, the model's context "
                "length is only 2048 tokens, resulting in a maximum input length of 2040 tokens (at most 40000 "
                "characters)."
            ),
            Overflow(None, 2048),
        ),
        (
            (
                "'max_tokens' or 'max_completion_tokens' is too large: 8000. This model's maximum context "
                "length is 4096 tokens and your request has 2778 input tokens (8000 > 4096 - 2778)."
            ),
            Overflow(2778, 4096),
        ),
        (
            (
                "This model's maximum context length is 16384 tokens. However, you requested 122946 tokens "
                "(112946 in the messages, 10000 in the completion). Please reduce the length of the messages or "
                "completion."
            ),
            Overflow(112946, 16384),
        ),
        ("The decoder prompt (length 3000) is longer than the maximum model length of 2048.", Overflow(3000, 2048)),
        ("max_tokens=9000 cannot be greater than max_model_len=max_total_tokens=2048.", Overflow(None, 2048)),
        ("This model's maximum context length is too short.", None),
        ("suffix is only supported for models with FIM completion rendering", None),
    ],
)
def test_the_counts_are_found(message: str, told: Overflow | None) -> None:
    assert vllm_overflow(ErrorBody(message=message)) == told


@pytest.mark.parametrize("digits", ["٢٠٤٨", "1" * 10])
def test_only_plain_numbers_of_a_sane_size_are_read(digits: str) -> None:
    assert vllm_overflow(ErrorBody(message=f"maximum context length is {digits} tokens")) is None


@pytest.mark.parametrize("body", [None, [], "x", {"error": {"code": [1]}}, {"message": {}}])
def test_anything_else_is_no_error_object(body: object) -> None:
    assert read_error_body(body) is None
