"""The physical classroom: its balance against the textbook, its faults, and the parts its rooms play."""

from functools import cache
from itertools import pairwise
from pathlib import Path

import pytest

from demo.bells import Bells, lay_bells
from demo.cast import GATEWAYS, make_cast
from demo.classroom import CO2_LITRES_PER_S_PERSON, OUTDOOR_CO2_PPM, Classroom, Outdoors, Traits, outdoors
from demo.life import Life, Past, live_past, room_traits
from demo.recording import write_recordings
from demo.script import IDLE_PROJECTOR, LESSON_EMPTY, MEETING, MINUTE_MS, STUFFY, Moment, Script
from demo.timetable import make_timetable
from demo.units import zigbee_units
from demo.zigbee import Reporter, reported
from edge.dialects.zigbee2mqtt import Zigbee2Mqtt
from edge.sources.recording import RecordedRow, read_map, read_rows

from .test_paper import NOON

STILL = Outdoors(27.0, 70.0, 25.0, 0.5)


def run(classroom: Classroom, minutes: float, now: Moment, from_ms: int = 0) -> int:
    steps = int(minutes * 6)
    for step in range(1, steps + 1):
        classroom.step(from_ms + step * 10_000, 10.0, now, STILL)
    return from_ms + steps * 10_000


def test_air_settles_where_the_mass_balance_says() -> None:
    classroom = Classroom(Traits(volume_m3=180, day_ach=6.0), "seed")
    run(classroom, 180, Moment(people=30, school_open=True))
    flow_l_s = 6.0 * 180_000 / 3600
    expected = OUTDOOR_CO2_PPM + 30 * CO2_LITRES_PER_S_PERSON * 1e6 / flow_l_s
    assert classroom.air.co2_ppm == pytest.approx(expected, rel=0.01)


def test_an_empty_room_decays_at_its_air_change_rate() -> None:
    classroom = Classroom(Traits(day_ach=2.0), "seed")
    classroom.air.co2_ppm = 1500
    run(classroom, 30, Moment(school_open=True))
    assert classroom.air.co2_ppm == pytest.approx(OUTDOOR_CO2_PPM + 1075 * 2.718281828**-1, rel=0.01)


def test_the_sensor_lags_behind_the_air() -> None:
    classroom = Classroom(Traits(day_ach=1.0), "seed")
    run(classroom, 5, Moment(people=40, school_open=True))
    assert classroom.air.sensed_ppm < classroom.air.co2_ppm - 50


def test_people_open_a_window_when_the_air_is_bad() -> None:
    classroom = Classroom(Traits(day_ach=0.5), "seed")
    run(classroom, 26, Moment(people=40, school_open=True))
    assert classroom.air.window_open


def test_same_seed_same_room() -> None:
    def live() -> object:
        classroom = Classroom(Traits(), "seed")
        at = run(classroom, 20, Moment(people=35, school_open=True))
        return classroom.observe(at, Moment(people=35, school_open=True), STILL)

    assert live() == live()


@pytest.mark.parametrize("hour", range(24))
def test_weather_stays_on_earth(hour: int) -> None:
    weather = outdoors(hour)
    assert 15 < weather.temperature_c < 40
    assert 40 < weather.humidity_pct < 100
    assert weather.daylight >= 0
    assert (weather.daylight > 0) is (6 <= hour < 18)


@cache
def present() -> tuple[Bells, Script, Past]:
    bells, cast = lay_bells(NOON), make_cast()
    script = Script(cast, bells, make_timetable(cast, bells))
    past, seen = live_past(script, bells, NOON, 120_000)
    assert len(seen) == 26 * 30
    assert next(iter(seen[-1].values())).t_ms == NOON
    return bells, script, past


def test_the_stuffy_room_crosses_its_limit_within_ten_minutes() -> None:
    bells, script, past = present()
    life = Life(script, bells, room_traits(bells, NOON, past.shut_ach), past.air)
    co2, at = [], NOON
    for minute in range(11):
        life.advance(at, NOON + minute * MINUTE_MS)
        at = NOON + minute * MINUTE_MS
        co2.append(life.rooms[STUFFY].air.sensed_ppm)
    assert 1_200 < co2[0] < 1_480
    assert co2[10] > 1_500
    assert all(later > earlier for earlier, later in pairwise(co2))


def test_rooms_play_their_parts_now() -> None:
    bells, script, past = present()
    life = Life(script, bells, room_traits(bells, NOON, past.shut_ach), past.air)
    seen = life.observe(NOON)
    for room in (LESSON_EMPTY, IDLE_PROJECTOR):
        assert seen[room].people == 0
        assert seen[room].projector_w > 100
        assert not seen[room].occupancy
    assert seen[MEETING].people == 9
    assert sum(observation.people > 30 for observation in seen.values()) == 8


def test_nobody_vanishes_over_a_short_break() -> None:
    bells, script, _ = present()
    midnight = bells.midnight_ms(bells.today)
    early, late = bells.periods[2:4]  # the break before the running period
    for minute in range(early.end - 5, late.start + 10):
        moment = script.moment(STUFFY, midnight + minute * MINUTE_MS)
        assert moment.people > 12
        assert moment.lights


def test_every_later_period_has_situations_too() -> None:
    bells, script, _ = present()
    for bell in bells.periods:
        at = bells.midnight_ms(bells.today) + (bell.start + 20) * MINUTE_MS
        moments = {room: script.moment(room, at) for room in room_traits(bells, NOON, 2.0)}
        assert any(moment.projector and moment.people == 0 for moment in moments.values()), bell


def test_the_gateways_dialect_understands_every_report() -> None:
    bells, script, past = present()
    life = Life(script, bells, room_traits(bells, NOON, past.shut_ach), past.air)
    seen = life.observe(NOON)
    dialect = Zigbee2Mqtt("z")
    for unit in zigbee_units():
        payload = Reporter(unit, NOON - 60_000).report(seen[unit.room], NOON)
        assert payload is not None
        (decoded,) = dialect.decode(f"z/{unit.friendly_name}", payload)
        assert not decoded.unknown
        assert not decoded.problems
        assert decoded.values


def test_a_device_reports_at_its_pace_and_at_a_change() -> None:
    bells, script, past = present()
    life = Life(script, bells, room_traits(bells, NOON, past.shut_ach), past.air)
    seen = life.observe(NOON)["a101"]
    unit = next(unit for unit in zigbee_units() if unit.friendly_name == "a101/den")
    reporter = Reporter(unit, NOON)
    said = [at for at in range(0, 700_000, 1_000) if reporter.report(seen, NOON + at) is not None]
    assert said[:2] == [6_000, 14_000]
    assert len(said) in {4, 5}
    assert said[3] - said[2] == 300_000
    dark = life.observe(NOON)[IDLE_PROJECTOR]
    assert reported(unit, dark)["state"] == "OFF"
    assert reporter.report(dark, NOON + 701_000) is not None
    assert reporter.report(dark, NOON + 702_000) is None


def test_the_gateways_replay_reads_the_recordings(tmp_path: Path) -> None:
    bells, script, past = present()
    life = Life(script, bells, room_traits(bells, NOON, past.shut_ach), past.air)
    count = write_recordings(tmp_path, [life.observe(NOON - 120_000), life.observe(NOON)])
    values = 0
    for gateway, _name in GATEWAYS:
        recording = read_map((tmp_path / gateway / "past.toml").read_text(), "past.toml")
        with (tmp_path / gateway / "past.csv").open() as lines:
            for row in read_rows(lines, recording, "past.csv"):
                assert isinstance(row, RecordedRow)
                assert NOON - row.at_ms in {0, 120_000}
                values += sum(len(measurement.values) for measurement in row.measurements)
    assert values == count > 200
