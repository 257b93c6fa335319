"""Control tokens in data are broken on the way to a model, and whole again on the way back."""

from hypothesis import given
from hypothesis import strategies as st

from qcn_lsp.core.control_tokens import StreamRestorer, neutralize, restore

HOSTILE = st.lists(st.sampled_from(["<", "|", "im_end", "|>", "<|", "</think>", "<tool_call>", "x", " "])).map("".join)


@given(HOSTILE)
def test_no_control_token_is_left_and_nothing_is_lost(text: str) -> None:
    sent = neutralize(text)
    assert not any(token in sent for token in ("<|", "</think>", "<tool_call>"))
    assert restore(sent) == text


@given(HOSTILE, st.data())
def test_a_stream_may_cut_anywhere(text: str, data: st.DataObject) -> None:
    sent = neutralize(text)
    cuts = sorted(data.draw(st.lists(st.integers(0, len(sent)), max_size=4)))
    restorer = StreamRestorer()
    pieces = [sent[start:end] for start, end in zip([0, *cuts], [*cuts, len(sent)], strict=True)]
    assert "".join(restorer(piece) for piece in pieces) == text


def test_lone_surrogates_are_not_sent() -> None:
    assert neutralize("a\ud800b") == "a?b"
