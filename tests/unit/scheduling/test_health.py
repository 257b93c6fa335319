"""When a backend is relied on, and when it is asked whether it is there."""

from qcn_lsp.scheduling.health import BAD_ANSWERS, LONGEST_WAIT_SECONDS, SECONDS_UP, Health, Standing

GONE = "precise: nothing answers"


def waits(health: Health, times: int) -> list[float]:
    """How long it is left alone after each of so many failed probes."""
    now, seen = 0.0, []
    for _ in range(times):
        health.failed(now, GONE)
        seen.append(health.due - now)
        now = health.due
    return seen


def test_nothing_is_known_before_the_first_probe() -> None:
    health = Health()
    assert health.standing is Standing.UNKNOWN
    assert health.is_due(0)


def test_an_answer_is_believed_for_a_while_and_every_use_prolongs_that() -> None:
    health = Health()
    health.answered(0)
    assert health.standing is Standing.UP
    assert not health.is_due(SECONDS_UP - 1)
    health.served(SECONDS_UP - 1)
    assert not health.is_due(SECONDS_UP + 1)
    assert health.is_due(2 * SECONDS_UP)


def test_one_that_is_down_is_asked_again_less_and_less_often() -> None:
    assert waits(Health(), 8) == [1, 2, 4, 8, 16, 30, 30, 30]
    assert LONGEST_WAIT_SECONDS == 30


def test_after_a_use_it_is_asked_soon_again() -> None:
    health = Health()
    waits(health, 6)
    health.served(100)
    assert waits(health, 2) == [1, 2]


def test_a_probe_alone_does_not_make_up_for_failing_when_used() -> None:
    health = Health()
    health.failed(0, GONE)
    health.answered(1)
    health.failed(2, GONE)
    assert health.due == 4
    assert health.reason == GONE


def test_a_few_bad_answers_in_a_row_open_the_circuit() -> None:
    health = Health()
    health.answered(0)
    for _ in range(BAD_ANSWERS - 1):
        health.answered_badly(1, "garbage")
    health.served(2)
    for _ in range(BAD_ANSWERS - 1):
        health.answered_badly(3, "garbage")
        assert health.standing is Standing.UP
    health.answered_badly(4, "garbage")
    assert (health.standing, health.reason, health.due) == (Standing.DOWN, "garbage", 34)


def test_a_circuit_that_was_open_opens_at_the_next_bad_answer_and_for_longer() -> None:
    health, now, seen = Health(), 0.0, []
    for _ in range(BAD_ANSWERS - 1):
        health.answered_badly(now, "garbage")
    for _ in range(8):
        health.answered(now)
        health.answered_badly(now, "garbage")
        seen.append(health.due - now)
        now = health.due
    assert seen == [30, 60, 120, 240, 480, 600, 600, 600]
    health.served(now)
    health.answered_badly(now, "garbage")
    assert health.standing is Standing.UP
