"""What a trial is taken to mean."""

from dataclasses import replace
from typing import Any

import pytest

from qcn_lsp.config.settings import DEFAULT_BACKENDS, Mode, ServerKind
from qcn_lsp.core.generation import BackendInfo, Feature, Inspection
from qcn_lsp.report.diagnosis import Examined, Trial, first_for
from qcn_lsp.report.diagnosis_text import render_one

PRECISE, HYBRID, NVFP4 = DEFAULT_BACKENDS
GOOD = Trial(
    prompt_tokens=650,
    prompt_rate=117.0,
    generation_rate=7.6,
    cached_tokens=600,
    largest_batch=512,
    keeps_format=True,
    finds_sample=True,
    infills=True,
)
INSPECTION = Inspection(BackendInfo(ctx=65_536, slots=1, model="m"))


@pytest.mark.parametrize(
    ("trial", "said"),
    [
        (GOOD, ""),
        (
            replace(GOOD, generation_rate=2.1),
            "it writes 2.1 tokens a second; the published figure",
        ),
        (replace(GOOD, largest_batch=2048), "it reads 2048 tokens or more at a stretch, 18 s at its speed"),
        (replace(GOOD, keeps_format=False, finds_sample=False), "it does not keep to the agreed answer format"),
        (replace(GOOD, finds_sample=False), "it missed the SQL injection in the sample"),
        (replace(GOOD, cached_tokens=0), "nothing was reused"),
        (replace(GOOD, cached_tokens=None), "it does not tell how much of a prompt it had in its cache"),
    ],
)
def test_a_trial_leads_to_at_most_one_remark(trial: Trial, said: str) -> None:
    remarks = Examined(PRECISE, INSPECTION, trial=trial).remarks
    assert len(remarks) == bool(said)
    assert all(said in remark.text and remark.remedy for remark in remarks)


def test_vllm_shows_nothing_of_its_cache_in_a_trial_and_is_not_blamed() -> None:
    assert Examined(NVFP4, INSPECTION, trial=replace(GOOD, cached_tokens=0, generation_rate=70.0)).remarks == ()


def test_a_use_goes_to_the_first_that_can() -> None:
    plain = replace(INSPECTION, info=replace(INSPECTION.info, features=frozenset()))
    backends = (Examined(PRECISE, trouble="nothing answers"), Examined(HYBRID, INSPECTION), Examined(NVFP4, plain))
    assert first_for((Mode.PRECISE, Mode.NVFP4), backends) == "nvfp4"
    assert first_for((Mode.NVFP4, Mode.HYBRID), backends, Feature.INFILL) == "hybrid"
    assert first_for((Mode.PRECISE, Mode.EMBEDDED, Mode.HYBRID), backends) == ""


def test_what_a_server_calls_its_model_cannot_move_the_cursor() -> None:
    odd = replace(INSPECTION, info=replace(INSPECTION.info, model="m\x1b[2J\u202e"), version="1\r2")
    assert all(character.isprintable() or character == "\n" for character in render_one(Examined(PRECISE, odd)).plain)


@pytest.mark.parametrize(
    ("base_url", "said"),
    [
        ("http://10.0.0.5:8081/v1", "every line under review goes there, readable to whoever is on the way"),
        ("https://gpu.lan/v1", "every line under review goes there"),
        ("http://[::1]:8081/v1", ""),
    ],
)
def test_an_address_off_this_machine_is_remarked_on(base_url: str, said: str) -> None:
    remote = replace(PRECISE, base_url=base_url, allow_remote=True)
    remarks = Examined(remote, INSPECTION, trial=GOOD).remarks
    assert [remark.text for remark in remarks] == ([f"it is not on this machine: {said}"] if said else [])


@pytest.mark.parametrize(
    ("changed", "remedy"),
    [
        ({}, "qcn-lsp backend command precise prints the command that starts it"),
        ({"base_url": "http://127.0.0.1:9/v1"}, "qcn-lsp backend command precise --port 9 prints the command"),
        ({"base_url": "http://10.0.0.5/v1", "allow_remote": True}, "start it, or correct base_url"),
        # The mode's command would start another server than this.
        ({"server": ServerKind.OPENAI}, "start it, or correct base_url"),
    ],
)
def test_a_server_that_does_not_answer_gets_a_remedy_that_helps(changed: dict[str, Any], remedy: str) -> None:
    settings = replace(PRECISE, **changed)
    assert f"→ {remedy}" in render_one(Examined(settings, trouble=f"nothing answers at {settings.base_url}")).plain
