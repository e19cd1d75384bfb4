"""Lamps are learnt from switches in the dark; the sun never counts as one, and a class may do without them."""

import math

from hypothesis import given
from hypothesis import strategies as st

from hub.live.engine import LiveEngine
from hub.live.lamps import Lamps
from hub.live.occupancy import Evidence, follow, weigh
from tests.hub.live.places import MINUTE, T0, Places, reading


def seen(lamps: Lamps, lux: list[float], start_min: int = 0) -> list[bool | None]:
    told = []
    for minute, value in enumerate(lux):
        lamps.see(value, (start_min + minute) * MINUTE)
        told.append(lamps.on)
    return told


def test_a_switch_in_the_dark_teaches_the_level() -> None:
    lamps = Lamps()
    assert seen(lamps, [0.0, 0.0, 430.0, 440.0])[-1] is None  # not before the level has settled
    assert seen(lamps, [440.0] * 5, 4)[-1] is True
    assert lamps.level_lx == 440.0
    assert seen(lamps, [0.0], 9) == [False]


def test_a_bright_day_is_not_taken_for_lamps_and_lamps_by_day_are_seen() -> None:
    lamps = Lamps()
    seen(lamps, [430.0] * 5 + [0.0] * 5)
    sunrise = [10.0 * minute for minute in range(80)]
    assert set(seen(lamps, sunrise, 10)) == {False}
    assert seen(lamps, [1_200.0] * 3, 90) == [True] * 3  # lamps on top of the sun
    assert seen(lamps, [330.0] * 3, 93) == [False] * 3  # the sun again


def test_what_was_learnt_survives_a_restart() -> None:
    places = Places()
    places.put("lux")
    engine, again = LiveEngine(places, lambda _: None), LiveEngine(places, lambda _: None)
    for minute, lux in enumerate([0.0, 0.0, *[430.0] * 8]):
        now_ms = T0 + minute * MINUTE
        engine.apply([reading("lux", now_ms, {"illuminance_lx": lux})], now_ms)
        engine.tick(now_ms)
    again.restore(engine.snapshot(), T0 + 11 * MINUTE)
    assert [room.lamps.level_lx for room in again._rooms.values()] == [430.0]


def test_a_silent_sensor_forgets_the_state_and_keeps_the_level() -> None:
    lamps = Lamps()
    seen(lamps, [430.0] * 5 + [0.0] * 5)
    lamps.see(None, 20 * MINUTE)
    assert (lamps.on, lamps.level_lx) == (None, 430.0)
    assert seen(lamps, [425.0], 40) == [True]


@given(st.lists(st.floats(0, 100_000) | st.none(), max_size=80), st.integers(1, 1_000_000))
def test_any_light_gives_a_sane_level(lux: list[float | None], step_ms: int) -> None:
    lamps = Lamps()
    for number, value in enumerate(lux):
        lamps.see(value, number * step_ms)
    assert lamps.level_lx is None or (lamps.level_lx >= 100 and math.isfinite(lamps.level_lx))


def test_daylight_in_a_lesson_says_little_and_lamps_left_on_hold_no_room_against_motion_sensors() -> None:
    day = Evidence(light_lx=600.0, lamps=False, expected=40)
    assert abs(weigh(day)[0].weight) < 0.5
    left_on = Evidence(motion=False, motion_since_ms=0, quiet_s=1_800, light_lx=500.0, lamps=True)
    belief = None
    for minute in range(30):
        belief = follow(belief, left_on, -0.3, minute * MINUTE)
    assert belief is not None
    assert belief.occupied is False
