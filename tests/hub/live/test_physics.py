"""CO2 as physics, against worked examples and its own forward model; numbers as people read them."""

import math
import random
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hub.live import air
from hub.live.figures import clock, number, span
from hub.live.trend import Trend, trend
from tests.hub.live.places import T0

SETTINGS = air.AirSettings()


def test_the_worked_examples_of_the_literature() -> None:
    # 40 pupils at 0.0045 L/s, 1000 ppm inside and steady, 420 outside: 310 L/s, 7.8 L/s each.
    steady = Trend(T0, 1000, 0.0, 0.1)
    found = air.air_change_from_people(steady, 40, 180, 0.0045, 420)
    assert found is not None
    assert air.flow_l_s(found.per_h, 180) == pytest.approx(310, abs=1)
    # 1500 -> 600 ppm in an hour with nobody there: 1.79 air changes.
    points = [(T0 + minute * 60_000.0, 420 + 1080 * math.exp(-1.79 * minute / 60)) for minute in range(0, 61, 2)]
    assert points[-1][1] == pytest.approx(600, abs=1)
    found = air.air_change_from_decay(points, 420)
    assert found is not None
    assert found.per_h == pytest.approx(1.79, rel=0.01)
    # Persily and de Jonge: boys and girls of 11 to 16 at 1.2 and 1.4 met, 273 K: mean 0.0041 L/s.
    assert air.generation_l_s(13, air.AirSettings(met=1.3)) / air.TO_25_DEGREES == pytest.approx(0.0041, abs=1e-4)
    assert air.generation_l_s(13, air.AirSettings(scale=0.8)) == pytest.approx(0.8 * air.generation_l_s(13, SETTINGS))


@given(st.floats(5, 45), st.floats(0.5, 8), st.floats(420, 2500), st.floats(60, 300))
def test_people_and_air_changes_come_back_from_the_balance(
    people: float, ach: float, level: float, volume: float
) -> None:
    generation = air.generation_l_s(13, SETTINGS)
    person = generation * 60 * 1e6 / (volume * 1000)
    slope = people * person - ach / 60 * (level - 420)
    now = Trend(T0, level, slope, 0.1)
    seen = air.balance(now, volume, generation, air.AirChange(ach, 0.1, 0), 420)
    assert seen.people == pytest.approx(people, rel=1e-6)
    known = air.air_change_from_people(now, people, volume, generation, 420)
    if level - 420 >= air.BALANCE_RISE_PPM:
        assert known is not None
        assert known.per_h == pytest.approx(ach, rel=1e-6)
        assert air.flow_l_s(known.per_h, volume) == pytest.approx(ach * volume / 3.6, rel=1e-6)
    else:
        assert known is None


def test_a_line_through_noise_and_a_breath_on_the_sensor() -> None:
    chance = random.Random(3)
    points = [(T0 + step * 20_000.0, 800 + 12 * step / 3 + chance.gauss(0, 8)) for step in range(16)]
    points[7] = (points[7][0], 2600.0)
    line = trend(points)
    assert line is not None
    assert line.slope == pytest.approx(12, abs=3 * line.error)
    assert 0.3 < line.error < 4
    assert trend(points[:3]) is None


def test_a_decay_is_not_read_from_noise_or_a_rise() -> None:
    chance = random.Random(5)
    noise = [(T0 + step * 20_000.0, 900 + chance.gauss(0, 20)) for step in range(60)]
    rise = [(T0 + step * 20_000.0, 600 + step * 5.0) for step in range(60)]
    low = [(T0 + step * 20_000.0, 480 - step * 0.5) for step in range(60)]
    assert [air.air_change_from_decay(points, 420) for points in (noise, rise, low)] == [None, None, None]


def test_numbers_as_each_reader_writes_them() -> None:
    assert number(1500) == ("1\u00a0500", "1,500")
    assert number(0.114, 2) == ("0,11", "0.11")
    assert number(-0.2) == ("0", "0")
    assert number(-12.5, 1) == ("-12,5", "-12.5")
    assert span(21 * 60_000).vi == "21 phút"
    assert span(125 * 60_000) == ("2 giờ 5 phút", "2 h 5 min")
    assert span(72 * 3_600_000).vi == "3 ngày"
    zone = ZoneInfo("Asia/Ho_Chi_Minh")
    assert clock(T0, zone, T0) == "09:00"
    assert clock(T0 - 24 * 3_600_000, zone, T0) == "09:00 23/11"
