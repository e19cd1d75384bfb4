"""When a pull is tried again: an interval, patience after failures, and no end of it in weeks."""

from hypothesis import given
from hypothesis import strategies as st

from hub.school.pulls.schedule import (
    DAY_MS,
    HOUR_MS,
    MINUTE_MS,
    Timing,
    after_failure,
    after_success,
    is_due,
    is_old,
    old_after_ms,
)

HOURLY = Timing(HOUR_MS, 0.1)
NOW = 1_800_000_000_000
CHANCE = st.floats(0, 1)


def test_waits_grow_to_the_interval_and_stay_there() -> None:
    waits = [round((after_failure(NOW, HOURLY, n, 1.0) - NOW) / MINUTE_MS) for n in range(1, 10)]
    assert waits == [1, 2, 4, 8, 16, 32, 60, 60, 60]
    daily = Timing(DAY_MS)
    assert after_failure(NOW, daily, 30, 1.0) == NOW + DAY_MS


def test_a_server_away_for_weeks_is_asked_every_hour_and_no_more() -> None:
    at_ms, tries = NOW, 0
    while at_ms < NOW + 21 * DAY_MS:
        tries += 1
        at_ms = after_failure(at_ms, HOURLY, tries, 0.5)
    assert 21 * 24 <= tries <= 21 * 24 * 1.3


@given(st.integers(5, 44_640), st.integers(0, 10**6), CHANCE, st.floats(0, 0.5))
def test_a_next_try_is_always_ahead_and_never_out_of_reach(
    every: int, fails: int, chance: float, jitter: float
) -> None:
    when = Timing(every * MINUTE_MS, jitter)
    for ahead in (after_success(NOW, when, chance), after_failure(NOW, when, fails, chance)):
        assert ahead > NOW
        assert not is_due(ahead, NOW, when)
        assert is_due(ahead, ahead, when)
        assert is_due(ahead, NOW - 400 * DAY_MS, when), "a clock put back by a year does not stop it for a year"


def test_old_is_three_intervals_and_two_days_at_least() -> None:
    assert old_after_ms(HOURLY) == 2 * DAY_MS
    assert old_after_ms(Timing(DAY_MS)) == 3 * DAY_MS
    assert not is_old(NOW - 2 * DAY_MS, 0, NOW, HOURLY)
    assert is_old(NOW - 2 * DAY_MS - 1, 0, NOW, HOURLY)
    assert is_old(None, NOW - 3 * DAY_MS, NOW, HOURLY), "one that never came is old as well"
    assert not is_old(None, NOW, NOW, HOURLY)
