"""A step of the server's clock: followed where nobody contradicts, not followed where the gateways do, and told."""

import pytest

from hub.server_clock import HEARING_MS, STEP_MS, ServerClock

START, TEN_MINUTES = 1_760_000_000_000, 600_000


class Machine:
    """A wall clock that can be put, and a monotonic one that cannot."""

    def __init__(self) -> None:
        self.true_ms, self.wrong_ms = START, 0
        self.clock = ServerClock(lambda: self.true_ms + self.wrong_ms, lambda: self.true_ms - START)

    def later(self, ms: int) -> int:
        self.true_ms += ms
        return self.clock.now_ms()

    def codes(self) -> list[str]:
        return [notice.code for notice in self.clock.problems()]


@pytest.mark.parametrize("step", [TEN_MINUTES, -TEN_MINUTES])
def test_a_step_the_gateways_contradict_is_not_followed(step: int) -> None:
    machine = Machine()
    machine.wrong_ms = step
    assert machine.later(1_000) == machine.true_ms
    machine.clock.witness("s.g1", machine.true_ms - 300)
    machine.clock.witness("s.g2", machine.true_ms + step)
    machine.clock.witness("s.g3", machine.true_ms + 500)
    assert machine.later(HEARING_MS * 100) == machine.true_ms
    (notice,) = machine.clock.problems()
    assert (notice.code, f"{step // 1000:+d} s, 2 gateways" in notice.text.en) == ("clock.server", True)
    machine.wrong_ms = 2_000
    assert machine.later(1_000) == machine.true_ms + 2_000
    assert machine.codes() == []


def test_a_step_nobody_contradicts_or_more_support_is_followed() -> None:
    machine = Machine()
    machine.wrong_ms = TEN_MINUTES
    assert machine.later(1) == machine.true_ms
    assert machine.later(HEARING_MS) == machine.true_ms + TEN_MINUTES
    machine.wrong_ms = 0
    assert machine.later(1_000) == machine.true_ms + TEN_MINUTES
    machine.clock.witness("s.g1", machine.true_ms + TEN_MINUTES)
    for gateway in ("s.g2", "s.g1"):
        machine.clock.witness(gateway, machine.true_ms)
    assert machine.later(1) == machine.true_ms
    assert machine.codes() == []


def test_what_is_put_right_little_by_little_is_followed_at_once() -> None:
    machine = Machine()
    for _ in range(20):
        machine.wrong_ms += STEP_MS
        assert machine.later(1_000) == machine.true_ms + machine.wrong_ms


def test_a_second_step_is_heard_anew_and_a_clock_that_agrees_with_neither_counts_for_none() -> None:
    machine = Machine()
    machine.wrong_ms = TEN_MINUTES
    machine.later(1)
    machine.clock.witness("s.g1", machine.true_ms)
    machine.wrong_ms = 3 * TEN_MINUTES
    machine.later(1)
    machine.clock.witness("s.g2", machine.true_ms + 90 * TEN_MINUTES)
    assert machine.codes() == []
    assert machine.later(HEARING_MS) == machine.true_ms + 3 * TEN_MINUTES
