"""What may be sent, in which order, and that nothing is ever forgotten."""

import random

from hypothesis import given
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, precondition, rule

from edge.window import RESEND_S, Window
from wire.messages import MAX_ROWS, Ack, AckStatus, Stream
from wire.ranges import RangeSet


def ack(upto: int, *, credit: int = 100, also: list[tuple[int, int]] | None = None, **more: object) -> Ack:
    return Ack(
        v=1,
        hub="main",
        instance="one",
        stream=Stream.TELE,
        epoch="0" * 16,
        upto=upto,
        hub_time=1,
        also=also or [],
        credit=credit,
        **more,  # type: ignore[arg-type]
    )


def everything(window: Window, now_s: float) -> list[tuple[int, int]]:
    sent = []
    while rows := window.take(now_s):
        sent.append(rows)
    return sent


def test_nothing_goes_before_the_first_acknowledgement_of_a_connection() -> None:
    window = Window()
    window.committed(1, 10)
    assert window.take(0) is None
    window.acknowledged(ack(0), 0)
    assert everything(window, 0) == [(1, 10)]
    window.closed()
    assert window.take(1) is None


def test_credit_bounds_what_is_in_flight() -> None:
    window = Window()
    window.committed(1, 250)
    window.acknowledged(ack(0, credit=100), 0)
    assert everything(window, 0) == [(1, 100)]
    window.acknowledged(ack(60, credit=100), 1)
    assert everything(window, 1) == [(101, 160)]


def test_a_batch_never_has_more_rows_than_a_message_may() -> None:
    window = Window()
    window.committed(1, 5_000)
    window.acknowledged(ack(0, credit=100_000), 0)
    assert everything(window, 0) == [(1, MAX_ROWS), (MAX_ROWS + 1, 2 * MAX_ROWS), (2 * MAX_ROWS + 1, 5_000)]


def test_new_rows_go_ahead_of_the_backlog_and_a_quarter_of_the_credit_is_kept_for_them() -> None:
    window = Window()
    window.committed(1, 1_000)
    window.connected(1_001)
    window.acknowledged(ack(0, credit=400), 0)
    assert everything(window, 0) == [(1, 300)]
    window.committed(1_001, 1_010)
    assert everything(window, 0) == [(1_001, 1_010)]
    window.acknowledged(ack(300, credit=400, also=[(1_001, 1_010)]), 1)
    assert everything(window, 1) == [(301, 600)]


def test_rows_that_gathered_while_the_hub_was_away_do_not_delay_the_newest() -> None:
    window = Window()
    for first in range(1, 3_001, 20):
        window.committed(first, first + 19)
    window.acknowledged(ack(0, credit=400), 0)
    newest = everything(window, 0)[0]
    assert newest[0] > 2_800
    window.acknowledged(ack(0, credit=400, also=[newest]), 1)
    everything(window, 1)
    window.committed(3_001, 3_020)
    assert window.take(1) == (3_001, 3_020)


def test_rows_not_acknowledged_are_sent_again_oldest_first_with_back_off() -> None:
    window = Window()
    window.committed(1, 3)
    window.acknowledged(ack(0), 0)
    assert everything(window, 0) == [(1, 3)]
    assert everything(window, RESEND_S - 0.1) == []
    assert everything(window, RESEND_S) == [(1, 3)]
    assert everything(window, RESEND_S + 2 * RESEND_S - 1) == []
    window.acknowledged(ack(0, also=[(2, 2)]), 40)
    assert everything(window, 3 * RESEND_S) == [(1, 1), (3, 3)]
    intervals: list[float] = []
    now_s = last_s = 3 * RESEND_S
    while len(intervals) < 4:
        now_s += 1
        if everything(window, now_s):
            intervals.append(now_s - last_s)
            last_s = now_s
    assert intervals == [60, 120, 120, 120]


def test_after_a_lost_connection_all_of_it_goes_again_at_once() -> None:
    window = Window()
    window.committed(1, 5)
    window.acknowledged(ack(0), 0)
    everything(window, 0)
    window.closed()
    window.connected(6)
    window.acknowledged(ack(2), 1)
    assert everything(window, 1) == [(3, 5)]


def test_when_a_hub_comes_up_only_new_rows_go_before_the_random_wait() -> None:
    window = Window()
    window.committed(1, 5)
    window.connected(6)
    window.hub_came_up(0, 7.0)
    window.acknowledged(ack(0), 0)
    window.committed(6, 6)
    assert everything(window, 0) == [(6, 6)]
    assert window.wakes_at_s(0) == 7.0
    assert everything(window, 7.0) == [(1, 5)]


def test_statuses() -> None:
    window = Window()
    window.committed(1, 5)
    window.acknowledged(ack(0, status=AckStatus.PENDING, retry_s=30.0), 0)
    assert everything(window, 100) == []
    assert window.retry_at_s == 30
    window.acknowledged(ack(0, status=AckStatus.UNSUPPORTED), 0)
    assert everything(window, 100) == []
    window.acknowledged(ack(0, status=AckStatus.STORE_DOWN, retry_s=20.0), 100)
    assert everything(window, 100) == [(1, 5)]  # live pages show them
    window.committed(6, 6)
    assert everything(window, 119) == [(6, 6)]
    assert everything(window, 120) == [(1, 5)]
    window.acknowledged(ack(6), 121)
    assert window.retry_at_s is None
    assert window.in_flight == 0


def test_a_rejected_message_names_its_rows_once() -> None:
    window = Window()
    window.sent("ab", (3, 9))
    assert window.rejected("ab") == (3, 9)
    assert window.rejected("ab") is None
    for index in range(1_000):
        window.sent(str(index), (index, index))
    assert len(window._digests) == 512


class WindowMachine(RuleBasedStateMachine):
    """Rows come, connections break, acknowledgements arrive late and in part: every row is somewhere, once."""

    def __init__(self) -> None:
        super().__init__()
        self.window = Window()
        self.next, self.now_s, self.credit = 1, 0.0, 0
        self.held = RangeSet()
        self.on_the_way = RangeSet()
        self.random = random.Random(1)

    @rule(count=st.integers(1, 50))
    def commit(self, count: int) -> None:
        self.window.committed(self.next, self.next + count - 1)
        self.next += count

    @rule(seconds=st.floats(0, 200))
    def wait(self, seconds: float) -> None:
        self.now_s += seconds

    @rule()
    def reconnect(self) -> None:
        self.window.closed()
        self.window.connected(self.next)
        self.credit = 0

    @rule(share=st.floats(0, 1), credit=st.integers(0, 120), status=st.sampled_from(AckStatus))
    def acknowledge(self, share: float, credit: int, status: AckStatus) -> None:
        for first, last in list(self.on_the_way):
            self.held.add(first, first + int((last - first + 1) * share) - 1)
        runs = list(self.held)
        upto = runs[0][1] if runs and runs[0][0] == 1 else 0
        also = [run for run in runs if run[0] > 1]
        self.window.acknowledged(ack(upto, credit=credit, also=also, status=status, retry_s=1.0), self.now_s)
        self.credit = credit

    @rule()
    @precondition(lambda self: self.next > 1)
    def lose_in_the_hub(self) -> None:
        first = self.random.randrange(1, self.next)
        again = [(low, high) for low, high in self.held if low >= first]
        for low, high in again:
            self.held.remove(low, high)
        self.window.reopen(tuple(again))

    @rule(most=st.integers(1, 8))
    def send(self, most: int) -> None:
        for _ in range(most):
            before = self.window.in_flight
            rows = self.window.take(self.now_s)
            if rows is None:
                return
            assert rows[0] <= rows[1] < self.next
            assert not any(number in self.held for number in range(rows[0], rows[1] + 1))
            assert self.window.in_flight == before or self.window.in_flight <= self.credit
            self.on_the_way.add(*rows)

    @invariant()
    def every_row_is_in_exactly_one_place(self) -> None:
        flights = [(flight.first, flight.last) for flight in self.window._flights]
        places = [*self.window.waiting, *self.window.again, *flights, *self.held]
        assert sum(last - first + 1 for first, last in places) == self.next - 1
        assert RangeSet(places).count() == self.next - 1


TestWindowMachine = WindowMachine.TestCase


@given(st.integers(1, 400), st.integers(4, 50), st.randoms(use_true_random=False))
def test_everything_arrives_over_a_line_that_loses_half(rows: int, credit: int, chance: random.Random) -> None:
    window = Window()
    window.committed(1, rows)
    window.connected(rows + 1)
    held, now_s = RangeSet(), 0.0
    for _ in range(10_000):
        runs = list(held)
        upto = runs[0][1] if runs and runs[0][0] == 1 else 0
        if upto == rows:
            return
        window.acknowledged(ack(upto, credit=credit, also=[run for run in runs if run[0] > 1]), now_s)
        while sent := window.take(now_s):
            if chance.random() < 0.5:
                held.add(*sent)
        now_s += 1
        if chance.random() < 0.05:
            window.closed()
            window.connected(rows + 1)
    raise AssertionError("never arrived")
