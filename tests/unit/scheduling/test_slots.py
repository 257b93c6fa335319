"""Who may start when."""

from hypothesis import given
from hypothesis import strategies as st

from qcn_lsp.scheduling.slots import Priority, Slots, Ticket

FIRST, LATER = Priority.VISIBLE_REVIEW, Priority.OTHER_REVIEW


def test_one_slot_serves_one_at_a_time_in_order_of_age() -> None:
    slots = Slots(1)
    one, started = slots.submit(FIRST)
    assert started == (one,)
    two, started = slots.submit(FIRST)
    three, _ = slots.submit(FIRST)
    assert started == ()
    assert slots.leave(one) == (two,)
    assert slots.leave(two) == (three,)


def test_what_the_user_looks_at_overtakes_the_rest() -> None:
    slots = Slots(1)
    running, _ = slots.submit(LATER)
    rest, _ = slots.submit(LATER)
    visible, _ = slots.submit(FIRST)
    assert slots.leave(running) == (visible,)
    assert slots.leave(visible) == (rest,)


def test_what_is_given_up_while_waiting_never_starts() -> None:
    slots = Slots(1)
    running, _ = slots.submit(FIRST)
    given_up, _ = slots.submit(FIRST)
    last, _ = slots.submit(FIRST)
    assert slots.leave(given_up) == ()
    assert slots.leave(running) == (last,)


@given(
    st.integers(1, 3), st.lists(st.tuples(st.booleans(), st.sampled_from(Priority), st.integers(0, 30)), max_size=60)
)
def test_no_more_run_than_there_are_slots_and_nothing_is_lost(
    count: int, moves: list[tuple[bool, Priority, int]]
) -> None:
    slots, known, running = Slots(count), list[Ticket](), set[Ticket]()
    for enters, priority, which in moves:
        if enters:
            ticket, started = slots.submit(priority)
            known.append(ticket)
        elif known:
            ticket = known.pop(which % len(known))
            running.discard(ticket)
            started = slots.leave(ticket)
        else:
            continue
        running.update(started)
        assert len(running) <= count
        assert running <= set(known)
        assert len(running) == min(count, len(known))
