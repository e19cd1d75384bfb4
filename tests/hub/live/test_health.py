"""Health of sensors: no false alarm in weeks of a healthy simulated school, and the injected faults found."""

import math
import random
from collections.abc import Callable

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from hub.live.health.drift import apart, co2_drift, outliers
from hub.live.health.examine import of_quantity
from hub.live.health.finding import SURE, Fault, Finding, HourOf
from hub.live.health.stuck import frozen, stuck

HOUR = 3_600_000
ROOMS, DAYS = 20, 21
QUANTITIES = ("co2_ppm", "temperature_c", "humidity_pct", "illuminance_lx", "noise_dba")
School = dict[str, dict[str, list[HourOf]]]
Change = Callable[[int, HourOf], HourOf]


def local_hour(t_ms: int) -> int:
    return t_ms // HOUR % 24


def hour_of(quantity: str, hour: int, used: bool, room: random.Random, weather: float) -> tuple[float, float]:
    """Mean of the hour and how far values lie around it; nights are calm, rooms differ, sensors have offsets."""
    day = max(0.0, math.sin((hour - 6) / 12 * math.pi))
    if quantity == "co2_ppm":
        return (1_100 + room.gauss(0, 200), 250.0) if used else (440 + room.gauss(0, 8), 6.0)
    if quantity == "temperature_c":
        return 24 + weather + 5 * day + room.gauss(0, 0.3), 0.5
    if quantity == "humidity_pct":
        return 70 - 2 * weather - 12 * day + room.gauss(0, 1), 2.0
    if quantity == "illuminance_lx":
        return (450 + room.gauss(0, 60), 120.0) if used else (300 * day, 100 * day)
    return (62 + room.gauss(0, 4), 8.0) if used else (32.0, 1.0)


def healthy(seed: int) -> School:
    """Weekdays 7 to 17 in use; five days in twenty-one of them holidays; each sensor with its own small offset."""
    chance = random.Random(seed)
    weather = [chance.gauss(0, 2) for _ in range(DAYS)]
    school: School = {quantity: {} for quantity in QUANTITIES}
    for number in range(ROOMS):
        room = random.Random(seed * 1_000 + number)
        offsets = {"co2_ppm": room.gauss(0, 20), "temperature_c": room.gauss(0, 0.5), "humidity_pct": room.gauss(0, 2)}
        for quantity in QUANTITIES:
            line = school[quantity][f"r{number}"] = []
            for at in range(DAYS * 24):
                day, hour = divmod(at, 24)
                used = day % 7 < 5 and day not in {8, 9} and 7 <= hour < 17 and room.random() < 0.8
                mean, around = hour_of(quantity, hour, used, room, weather[day])
                mean += offsets.get(quantity, 0.0)
                low, high = (round(max(0.0, mean + sign * around), 1) for sign in (-1, 1))
                line.append(HourOf(at * HOUR, mean, low, high, 60))
    return school


def findings(school: School, room: str) -> list[Finding]:
    found: list[Finding | None] = []
    for quantity in QUANTITIES:
        own = school[quantity][room]
        others = {name: hours for name, hours in school[quantity].items() if name != room}
        found.append(stuck(room, quantity, own, others))
        found.append(apart(room, quantity, own, others, local_hour))
        found.append(outliers(room, quantity, own))
        if quantity == "co2_ppm":
            found.append(co2_drift(room, own, others, local_hour))
    return [one for one in found if one is not None]


@pytest.mark.parametrize("seed", [1, 2, 3])
def test_no_false_alarm_in_three_healthy_weeks(seed: int) -> None:
    school = healthy(seed)
    assert [one for room in school["co2_ppm"] for one in findings(school, room)] == []


def broken(quantity: str, change: Change, seed: int = 5) -> list[Finding]:
    school = healthy(seed)
    school[quantity]["r7"] = [change(at, hour) for at, hour in enumerate(school[quantity]["r7"])]
    for room in school[quantity]:
        if room != "r7":
            assert findings(school, room) == []
    return findings(school, "r7")


def shifted(hour: HourOf, by: float) -> HourOf:
    return HourOf(hour.t_ms, hour.mean + by, hour.minimum + by, hour.maximum + by, hour.count)


def test_a_stuck_value_is_found_with_its_beginning() -> None:
    start = DAYS * 24 - 100
    for quantity, value in (("co2_ppm", 812.0), ("temperature_c", 25.5), ("humidity_pct", 65.0)):
        found = broken(quantity, lambda at, hour, v=value: HourOf(hour.t_ms, v, v, v, 60) if at >= start else hour)  # type: ignore[misc]
        (one,) = [each for each in found if each.fault is Fault.STUCK]
        assert one.since_ms == start * HOUR
        assert one.sure >= SURE
        assert "100 hours" in one.why.en
        assert "100 giờ" in one.why.vi


def test_a_calm_everywhere_is_no_stuck_sensor() -> None:
    """A weekend with the power of the lamps off: all rooms dark and silent."""
    school = healthy(6)
    for hours in school["noise_dba"].values():
        hours[-30:] = [HourOf(hour.t_ms, 30, 30, 30, 60) for hour in hours[-30:]]
    assert [one for room in school["noise_dba"] for one in findings(school, room)] == []


def test_a_drifted_co2_sensor_is_found() -> None:
    (low, *_) = (one for one in broken("co2_ppm", lambda _, hour: shifted(hour, -150)) if one.fault is Fault.DRIFT)
    assert low.sure >= SURE
    (high, *_) = (one for one in broken("co2_ppm", lambda _, hour: shifted(hour, 260)) if one.fault is Fault.DRIFT)
    assert high.sure >= 0.7


def test_a_sensor_in_the_sun_stands_apart() -> None:
    (hot,) = broken("temperature_c", lambda _, hour: shifted(hour, 7))
    assert (hot.fault, hot.quantity) == (Fault.APART, "temperature_c")
    assert "above" in hot.why.en
    (wet,) = broken("humidity_pct", lambda at, hour: shifted(hour, -30) if at > 24 * 8 else hour)
    assert abs(wet.since_ms - 24 * 8 * HOUR) < 36 * HOUR


def test_values_that_leap_are_found() -> None:
    def leap(at: int, hour: HourOf) -> HourOf:
        return HourOf(hour.t_ms, hour.mean, hour.minimum, 85.0, 60) if at % 50 == 3 else hour

    (wild,) = broken("temperature_c", leap)
    assert wild.fault is Fault.OUTLIERS


def test_a_register_that_stands_while_power_flows() -> None:
    power = [HourOf(at * HOUR, 400, 380, 420, 60) for at in range(48)]
    standing = [HourOf(at * HOUR, 812.4, 812.4, 812.4, 60) for at in range(48)]
    counting = [HourOf(at * HOUR, 800 + 0.4 * at, 800 + 0.4 * at, 800.4 + 0.4 * at, 60) for at in range(48)]
    idle = [HourOf(at * HOUR, 2, 1, 3, 60) for at in range(48)]
    found = frozen("m1", standing, power)
    assert found is not None
    assert (found.fault, found.since_ms) == (Fault.FROZEN, 0)
    assert found.sure >= SURE
    assert frozen("m1", counting, power) is None
    assert frozen("m1", standing, idle) is None
    assert frozen("m1", [], power) is None


hours_of_anything = st.lists(
    st.builds(
        lambda mean, low, high, count: (mean, mean - low, mean + high, count),
        st.floats(-1e6, 1e6), st.floats(0, 1e4), st.floats(0, 1e4), st.integers(0, 100),
    ),
    max_size=60,
)  # fmt: skip


@given(st.lists(hours_of_anything, min_size=1, max_size=5), st.sampled_from(QUANTITIES))
@settings(max_examples=80, deadline=None)
def test_any_hours_give_findings_that_can_be_told(
    lines: list[list[tuple[float, float, float, int]]], quantity: str
) -> None:
    hours = {
        f"r{number}": [HourOf(at * HOUR, *one) for at, one in enumerate(line)] for number, line in enumerate(lines)
    }
    for one in of_quantity(quantity, hours, dict.fromkeys(hours, "a"), local_hour):
        assert 0 <= one.sure <= 1
        assert one.why.vi
        assert one.why.en


def test_too_little_to_judge_is_not_judged() -> None:
    school = {quantity: {"r0": hours["r0"][:20]} for quantity, hours in healthy(1).items()}
    assert findings(school, "r0") == []
