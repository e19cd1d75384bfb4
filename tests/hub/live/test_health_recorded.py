"""Sensors of recorded rooms, empty nights and weekends too: nothing about them is taken for surely broken."""

from collections.abc import Iterable, Sequence

import pytest

from benchmarks.recorded import DETECTION, ESTIMATION, Moment, detection, estimation
from hub.live.health import examine
from hub.live.health.finding import SURE, Finding, HourOf

HOUR_MS, DAY_MS = 3_600_000, 86_400_000
LOOKED_BACK_DAYS = 14
pytestmark = pytest.mark.skipif(not DETECTION.exists(), reason=f"recorded rooms not found: {DETECTION.parent}")
Lines = dict[str, dict[str, dict[int, list[float]]]]  # quantity, device, hour


def by_hours(moments: Iterable[Moment]) -> Lines:
    found: Lines = {}
    for moment in moments:
        for device, values in moment.devices.items():
            for quantity, value in values.items():
                lines = found.setdefault(quantity, {}).setdefault(device, {})
                lines.setdefault(moment.at_ms // HOUR_MS, []).append(float(value))
    return found


def nightly(lines: Lines, last_day: int) -> list[Finding]:
    """What the examination of that night says, by the hours of the fortnight before."""
    first, end = (last_day - LOOKED_BACK_DAYS) * 24, (last_day + 1) * 24
    found = []
    for quantity in set(lines) & set(examine.HOURLY):
        hours = {
            device: [_hour(at, values) for at, values in sorted(known.items()) if first <= at < end]
            for device, known in lines[quantity].items()
        }
        found += examine.of_quantity(quantity, hours, dict.fromkeys(hours, "b"), lambda t_ms: t_ms // HOUR_MS % 24)
    return found


def _hour(at: int, values: Sequence[float]) -> HourOf:
    return HourOf(at * HOUR_MS, sum(values) / len(values), min(values), max(values), len(values))


def office() -> list[Moment]:
    files = (detection(DETECTION / f"{name}.txt") for name in ("datatest", "datatraining", "datatest2"))
    return [moment for rows in files for moment in rows]


@pytest.mark.parametrize("room", ["office", "small room"])
def test_no_false_alarm_on_any_night_of_a_recording(room: str) -> None:
    moments = office() if room == "office" else list(estimation(ESTIMATION))
    lines = by_hours(moments)
    days = {moment.at_ms // DAY_MS for moment in moments}
    assert len(days) >= 7
    assert set(lines) & set(examine.HOURLY), "something of it is examined"
    for day in sorted(days):
        assert [one for one in nightly(lines, day) if one.sure >= SURE] == []


def test_the_same_recording_with_its_sensor_stuck_is_found() -> None:
    """The check above is not blind."""
    lines = by_hours(office())
    co2 = lines["co2_ppm"]["node"]
    last = max(co2)
    for at in range(last - 47, last + 1):
        co2[at] = [612.0] * 60
    found = [one for one in nightly(lines, last // 24) if one.quantity == "co2_ppm"]
    assert [one.fault for one in found] == ["stuck"]
    assert found[0].sure >= 0.7, "one sensor alone: nobody else says that the air moved"
