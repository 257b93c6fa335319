"""Who may run when."""

from dataclasses import dataclass, field

import pytest
from hypothesis import given
from hypothesis import strategies as st

from qcn_lsp.scheduling.queue import DUE_AFTER, Action, Drop, Priority, Queue, Start, Stop, Ticket

COMPLETION, ACTION, VISIBLE, OTHER, WARM_UP = Priority
INTERACTIVE = [COMPLETION, ACTION]
IN_THE_BACKGROUND = [VISIBLE, OTHER, WARM_UP]


@dataclass(slots=True)
class Desk:
    """Carries out actions: what is stopped is closed only when the test says so, as a server ends at a batch's end."""

    queue: Queue
    running: set[Ticket] = field(default_factory=set)
    closing: set[Ticket] = field(default_factory=set)
    dropped: set[Ticket] = field(default_factory=set)
    started: list[Ticket] = field(default_factory=list)

    def submit(self, priority: Priority, key: str = "") -> Ticket:
        ticket, actions = self.queue.submit(priority, key)
        self.act(actions)
        return ticket

    def finish(self, ticket: Ticket) -> None:
        self.running.discard(ticket)
        self.closing.discard(ticket)
        self.act(self.queue.finish(ticket, done=True))

    def close_streams(self) -> None:
        for ticket in sorted(self.closing, key=lambda one: one.number):
            self.closing.discard(ticket)
            self.running.discard(ticket)
            self.act(self.queue.finish(ticket, done=False))

    def act(self, actions: tuple[Action, ...]) -> None:
        for action in actions:
            match action:
                case Start(ticket):
                    assert ticket not in self.running
                    self.running.add(ticket)
                    self.started.append(ticket)
                case Stop(ticket):
                    assert ticket in self.running
                    assert ticket not in self.closing
                    self.closing.add(ticket)
                case Drop(ticket):
                    self.dropped.add(ticket)
                    if ticket in self.running:
                        self.closing.add(ticket)


def desk(slots: int = 1) -> Desk:
    return Desk(Queue(slots))


def test_one_slot_serves_one_at_a_time_in_order_of_age() -> None:
    at = desk()
    one, two, three = (at.submit(VISIBLE) for _ in range(3))
    assert at.started == [one]
    at.finish(one)
    at.finish(two)
    assert at.started == [one, two, three]


def test_the_more_urgent_goes_first() -> None:
    at = desk()
    running = at.submit(ACTION)
    tickets = [at.submit(priority) for priority in reversed(Priority)]
    for ticket in [running, *reversed(tickets)]:
        assert at.running == {ticket}
        at.finish(ticket)


def test_what_is_cancelled_while_it_waits_never_starts() -> None:
    at = desk()
    running, given_up, last = (at.submit(VISIBLE) for _ in range(3))
    at.act(at.queue.cancel(given_up))
    at.finish(running)
    assert at.started == [running, last]


def test_what_is_cancelled_while_it_runs_keeps_its_slot_until_its_stream_is_closed() -> None:
    at = desk()
    given_up, last = at.submit(VISIBLE), at.submit(VISIBLE)
    at.act(at.queue.cancel(given_up))
    assert at.closing == {given_up}
    assert at.started == [given_up]
    at.close_streams()
    assert at.running == {last}
    at.finish(last)
    assert at.queue.running == at.queue.waiting == 0


@pytest.mark.parametrize("interactive", INTERACTIVE)
@pytest.mark.parametrize("background", IN_THE_BACKGROUND)
def test_what_a_person_waits_for_stops_a_review_which_is_done_again(
    interactive: Priority, background: Priority
) -> None:
    at = desk()
    review = at.submit(background)
    urgent = at.submit(interactive)
    assert at.closing == {review}
    at.close_streams()
    assert at.running == {urgent}
    at.finish(urgent)
    assert at.running == {review}


def test_a_review_that_ends_while_it_is_being_stopped_is_not_done_again() -> None:
    at = desk()
    review, urgent = at.submit(VISIBLE), at.submit(COMPLETION)
    at.finish(review)
    at.finish(urgent)
    assert at.queue.running == at.queue.waiting == 0


def test_the_least_urgent_and_youngest_gives_way_and_only_as_many_as_needed() -> None:
    at = desk(3)
    _old, _visible, other = at.submit(OTHER), at.submit(VISIBLE), at.submit(OTHER)
    at.submit(COMPLETION)
    assert at.closing == {other}


@pytest.mark.parametrize("running", INTERACTIVE)
def test_nobody_who_waits_is_interrupted(running: Priority) -> None:
    at = desk()
    at.submit(running)
    at.submit(COMPLETION)
    assert not at.closing


def test_a_warm_up_gives_way_to_any_work() -> None:
    at = desk()
    warm_up = at.submit(WARM_UP)
    at.submit(OTHER)
    assert at.closing == {warm_up}


def test_a_review_does_not_stop_a_review() -> None:
    at = desk()
    at.submit(OTHER)
    at.submit(VISIBLE)
    assert not at.closing


def test_newer_work_about_the_same_thing_takes_the_place_of_older() -> None:
    at = desk()
    running, waiting = at.submit(VISIBLE, "a"), at.submit(VISIBLE, "b")
    other = at.submit(VISIBLE)
    newer_b = at.submit(VISIBLE, "b")
    assert at.dropped == {waiting}
    newer_a = at.submit(VISIBLE, "a")
    assert at.dropped == {waiting, running}
    at.close_streams()
    for ticket in (other, newer_b, newer_a):
        assert at.running == {ticket}
        at.finish(ticket)


def test_a_review_gets_its_turn_although_somebody_never_stops_typing() -> None:
    at = desk()
    review = at.submit(OTHER)
    for _ in range(DUE_AFTER):
        typing = at.submit(COMPLETION)
        assert at.closing == {review}
        at.close_streams()
        at.finish(typing)
    at.submit(COMPLETION)
    assert not at.closing
    assert at.running == {review}


def test_a_review_that_never_had_a_turn_gets_one_while_completions_queue() -> None:
    at = desk()
    running = at.submit(COMPLETION)
    review = at.submit(OTHER)
    for _ in range(DUE_AFTER):
        following = at.submit(COMPLETION)
        at.finish(running)
        running = following
    at.submit(COMPLETION)
    at.finish(running)
    assert at.running == {review}


def test_of_many_reviews_only_one_goes_before_somebody_who_types() -> None:
    at = desk()
    reviews = [at.submit(VISIBLE) for _ in range(5)]
    turns = list[str]()
    for _ in range(3 * (DUE_AFTER + 1)):
        typing = at.submit(COMPLETION)
        at.close_streams()
        if typing not in at.running:
            (review,) = at.running
            turns.append("review")
            at.finish(review)
        assert at.running == {typing}
        turns.append("typing")
        at.finish(typing)
    assert turns.count("review") == 3 * (DUE_AFTER + 1) // (DUE_AFTER + 1)
    assert "review,review" not in ",".join(turns)
    assert sum(at.queue.holds(review) for review in reviews) == 2


def test_of_what_was_passed_over_the_oldest_goes_first_however_urgent_the_others_are() -> None:
    at = desk()
    running = at.submit(COMPLETION)
    other, visible = at.submit(OTHER), at.submit(VISIBLE)
    for _ in range(DUE_AFTER):
        following = at.submit(COMPLETION)
        at.finish(running)
        running = following
    at.finish(running)
    assert at.running == {other}
    at.finish(other)
    assert at.running == {visible}


def test_nobody_ever_waits_for_a_warm_up() -> None:
    at = desk()
    warm_up = at.submit(WARM_UP)
    for _ in range(3 * DUE_AFTER):
        other = at.submit(OTHER)
        at.close_streams()
        assert at.running == {other}
        at.finish(other)
    assert at.running == {warm_up}


def test_closing_drops_everything_and_whatever_comes_later() -> None:
    at = desk()
    running, waiting = at.submit(VISIBLE), at.submit(COMPLETION)
    at.act(at.queue.close())
    assert at.dropped == {running, waiting}
    at.close_streams()
    assert at.submit(COMPLETION) in at.dropped
    assert at.queue.running == at.queue.waiting == 0


def test_a_server_with_more_slots_than_before_takes_more_at_once() -> None:
    at = desk()
    one, two = at.submit(VISIBLE), at.submit(VISIBLE)
    at.act(at.queue.resize(2))
    assert at.running == {one, two}


def test_a_server_with_fewer_slots_than_before_makes_room_at_once_for_who_waits() -> None:
    at = desk(3)
    reviews = {at.submit(VISIBLE) for _ in range(3)}
    at.act(at.queue.cancel(max(reviews, key=lambda one: one.number)))
    at.act(at.queue.resize(1))
    typing = at.submit(COMPLETION)
    assert at.closing == reviews  # the one slot that is left is somebody's who does not give it up by himself
    at.close_streams()
    assert at.running == {typing}


MOVES = st.one_of(
    st.tuples(st.just("submit"), st.sampled_from(Priority), st.sampled_from(["", "", "a", "b"])),
    st.tuples(st.sampled_from(["finish", "cancel"]), st.integers(0, 30)),
    st.tuples(st.just("close streams")),
)


@given(st.integers(1, 3), st.lists(MOVES, max_size=80))
def test_whatever_happens_no_slot_is_lost_and_nobody_waits_for_a_review(
    slots: int, moves: list[tuple[str, Priority, str] | tuple[str, int] | tuple[str]]
) -> None:
    at, known = desk(slots), dict[Ticket, Priority]()
    for move in moves:
        match move:
            case ("submit", Priority() as priority, str(key)):
                known[at.submit(priority, key)] = priority
            case ("finish", int(which)) if at.running:
                at.finish(sorted(at.running, key=lambda one: one.number)[which % len(at.running)])
            case ("cancel", int(which)) if known:
                at.act(at.queue.cancel(list(known)[which % len(known)]))
            case ("close streams",):
                at.close_streams()
        held = [ticket for ticket in known if at.queue.holds(ticket)]
        waiting = set(held) - at.running
        assert at.queue.running == len(at.running) == min(slots, len(held))
        assert at.queue.waiting == len(waiting)
        urgent = [ticket for ticket in waiting if known[ticket].is_interactive]
        passive = [ticket for ticket in at.running - at.closing if not known[ticket].is_interactive]
        if len(urgent) > len(at.closing):
            # With so few moves nothing becomes due but by long queues of later work.
            assert all(at.queue._works[ticket].is_due for ticket in passive)
    while at.running:
        at.close_streams()
        for ticket in list(at.running):
            at.finish(ticket)
    assert at.queue.running == at.queue.waiting == 0
