"""Who speaks next on a shared line."""

from hypothesis import given
from hypothesis import strategies as st

from firmware_bridge.turns import FIRST_BACK_OFF_S, LONGEST_BACK_OFF_S, Turns

CALM = [False] * 3


def test_whoever_waits_longest_comes_first() -> None:
    turns = Turns(3, 0.004)
    assert turns.next([5.0, 3.0, 4.0], CALM, 10.0) == 1
    assert turns.next([5.0, 11.0, 12.0], CALM, 10.0) == 0
    assert turns.next([11.0, 11.0, 12.0], CALM, 10.0) is None
    assert turns.due_s([11.0, 11.5, 12.0], CALM) == 11.0


def test_the_line_is_silent_between_two() -> None:
    turns = Turns(3, 0.004)
    turns.ended(0, 10.0, answered=True)
    assert turns.next([0.0, 0.0, 0.0], CALM, 10.003) is None
    assert turns.next([0.0, 0.0, 0.0], CALM, 10.004) == 1
    assert turns.due_s([0.0, 0.0, 0.0], [True, False, False]) == 10.004


def test_an_order_comes_before_polls_even_for_one_that_does_not_answer() -> None:
    turns = Turns(3, 0.0)
    for _ in range(5):
        turns.ended(2, 1.0, answered=False)
    assert turns.next([0.0, 0.0, 50.0], [False, False, True], 2.0) == 2


def test_pauses_of_a_dead_one_double_up_to_a_limit_and_end_with_an_answer() -> None:
    turns, now, pauses = Turns(1, 0.0), 100.0, []
    for _ in range(9):
        turns.ended(0, now, answered=False)
        resume = turns.due_s([0.0], [False])
        pauses.append(resume - now)
        now = resume
    assert pauses[:4] == [FIRST_BACK_OFF_S, 2 * FIRST_BACK_OFF_S, 4 * FIRST_BACK_OFF_S, 8 * FIRST_BACK_OFF_S]
    assert pauses[-1] == LONGEST_BACK_OFF_S
    turns.ended(0, now, answered=True)
    assert turns.next([now], [False], now) == 0


def test_a_turn_in_which_nothing_was_said_costs_only_the_silence() -> None:
    turns = Turns(2, 0.01)
    turns.passed(5.0)
    assert turns.due_s([0.0, 0.0], [False, False]) == 5.01


@given(st.lists(st.booleans(), min_size=200, max_size=200), st.integers(2, 8))
def test_nobody_starves(answers: list[bool], members: int) -> None:
    """Everybody due at once, whoever answers: each live member speaks within one round and a dead one's time-out."""
    turns, now = Turns(members, 0.0), 0.0
    spoken = [0.0] * members
    for answered in answers:
        chosen = turns.next([0.0] * members, [False] * members, now)
        if chosen is not None:
            live = chosen != 0 or answered
            spoken[chosen] = now
            now += 0.05 if live else 0.3
            turns.ended(chosen, now, answered=live)
        now += 0.01
        assert all(now - last <= members * 0.06 + 0.6 for last in spoken[1:])
