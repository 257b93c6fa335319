"""`qcn-lsp bench`: the figures that do not depend on the clock. The servers are simulators."""

import json
import subprocess
import sys
from typing import Any


def bench(*arguments: str) -> tuple[int, dict[str, Any]]:
    done = subprocess.run(
        [sys.executable, "-m", "qcn_lsp", "bench", *arguments, "--format", "json"],
        capture_output=True,
        text=True,
        check=False,
        timeout=240,
    )
    assert done.stderr == ""
    figures: dict[str, Any] = json.loads(done.stdout)
    return done.returncode, figures


def test_an_editing_session_costs_little_more_than_the_functions_that_were_edited() -> None:
    code, figures = bench("review")
    assert code == 0
    assert figures["good"]
    assert "simulated" in figures["server"]
    edits = [step for step in figures["steps"] if step["limit_seconds"]]
    others = [step for step in figures["steps"] if not step["limit_seconds"]]
    assert [step["requests"] for step in edits] == [1] * 10
    assert [step["what"] for step in others] == [
        "open",
        "a comment",
        "undo",
        "redo",
        "another branch",
        "the branch again",
        "restart",
    ]
    assert {step["requests"] for step in others} == {0}
    # The rules, the project and the file are read once, while somebody types.
    assert [step["seconds_while_typing"] > 1 for step in edits] == [True, *[False] * 9]
    assert len({step["cached_prompt_tokens"] for step in edits}) == 1
    assert {step["generated_tokens"] for step in edits} == {2}
    assert figures["whole_file_factor"] > 10


def test_a_server_that_reviews_nothing_is_not_praised_for_its_speed() -> None:
    code, figures = bench("review", "--backend", "http://127.0.0.1:9/v1")
    assert code == 1
    assert not figures["good"]
    assert figures["reviewed_edits"] == 0


def test_random_load_on_failing_servers_loses_nothing() -> None:
    code, figures = bench("backend", "--chaos", "--seconds", "5", "--seed", "3")
    assert code == 0
    assert figures["asked"] > 20
    assert figures["unnamed_errors"] == {}
    assert figures["endless"] == figures["slots_taken_at_the_end"] == 0
    assert figures["busy_servers_at_the_end"] == figures["busy_servers_after_close"] == []
