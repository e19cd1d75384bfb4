"""Ends of lamps and batteries: known wear is dated within its interval; swings, replacements and short histories."""

import math
import random

from hypothesis import given, settings
from hypothesis import strategies as st

from hub.live.health.finding import Fault
from hub.live.health.wear import DAY_MS, battery_end, lamp_end

START = 20_000 * DAY_MS


def battery(days: int, *, a_day: float, chance: random.Random, start: float = 100.0) -> list[tuple[int, float]]:
    """Percent with what a week of warm and cold does to it, in whole numbers as devices say it."""
    return [
        (START + day * DAY_MS, float(round(start - a_day * day + 2.5 * math.sin(day / 2.2) + chance.gauss(0, 1))))
        for day in range(days)
    ]


def test_a_battery_is_dated_within_its_interval() -> None:
    hits = 0
    for seed in range(60):
        chance = random.Random(seed)
        a_day = chance.uniform(0.15, 0.6)
        found = battery_end("d", "battery_pct", battery(70, a_day=a_day, chance=chance))
        assert found is not None
        assert found.fault is Fault.BATTERY_END
        assert found.ends_low_ms is not None
        assert found.ends_high_ms is not None
        truth = START + int(95 / a_day * DAY_MS)
        hits += found.ends_low_ms <= truth <= found.ends_high_ms
    assert hits >= 46, hits


def test_temperature_alone_is_no_wear() -> None:
    for seed in range(40):
        found = battery_end("d", "battery_pct", battery(45, a_day=0.0, chance=random.Random(seed), start=90.0))
        assert found is None, found


def test_a_new_battery_starts_anew() -> None:
    chance = random.Random(3)
    old = battery(60, a_day=1.0, chance=chance)
    new = [(t + 60 * DAY_MS, value) for t, value in battery(40, a_day=0.4, chance=chance)]
    found = battery_end("d", "battery_pct", old + new)
    assert found is not None
    assert found.ends_low_ms is not None
    assert found.ends_high_ms is not None
    truth = START + 60 * DAY_MS + int(95 / 0.4 * DAY_MS)
    assert found.ends_low_ms <= truth <= found.ends_high_ms
    assert battery_end("d", "battery_pct", old + new[:10]) is None  # not enough yet of the new one


def test_a_voltage_of_two_cells() -> None:
    volts = [(START + day * DAY_MS, round(3.0 - 0.004 * day + 0.01 * math.sin(day / 2), 2)) for day in range(60)]
    found = battery_end("d", "battery_v", volts)
    assert found is not None
    assert found.ends_ms is not None
    assert abs(found.ends_ms - (START + 150 * DAY_MS)) < 25 * DAY_MS


def test_a_lamp_is_dated_from_its_hours_and_a_changed_lamp_starts_anew() -> None:
    used = [(START + day * DAY_MS, 3_000 + 5.0 * (5 * (day // 7) + min(day % 7, 5))) for day in range(40)]
    found = lamp_end("p", used, 4_000)
    assert found is not None
    assert found.ends_ms is not None
    assert found.ends_low_ms is not None
    assert found.ends_high_ms is not None
    truth = used[-1][0] + int((4_000 - used[-1][1]) / (25 / 7) * DAY_MS)
    assert found.ends_low_ms <= truth <= found.ends_high_ms
    changed = [*used, *((START + day * DAY_MS, 5.0 * (day - 40)) for day in range(40, 60))]
    anew = lamp_end("p", changed, 4_000)
    assert anew is not None
    assert anew.ends_ms is not None
    assert anew.ends_ms > used[-1][0] + 500 * DAY_MS
    assert lamp_end("p", used[:5], 4_000) is None
    assert lamp_end("p", [(t, 3_000.0) for t, _ in used], 4_000) is None


@given(st.lists(st.floats(0, 100), max_size=80), st.sampled_from(["battery_pct", "battery_v"]))
@settings(max_examples=100, deadline=None)
def test_any_history_gives_an_ordered_interval_or_nothing(values: list[float], quantity: str) -> None:
    line = [(START + day * DAY_MS, value) for day, value in enumerate(values)]
    for found in (battery_end("d", quantity, line), lamp_end("d", line, 4_000)):
        if found is not None:
            assert found.ends_ms is not None
            assert found.ends_low_ms is not None
            assert found.ends_high_ms is not None
            assert found.ends_low_ms <= found.ends_ms <= found.ends_high_ms
