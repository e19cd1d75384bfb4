"""One lesson's figures: what was measured is counted, what was not is empty and says why."""

from zoneinfo import ZoneInfo

import msgspec
import pytest

from hub.live.appliances import meters_whole_room
from hub.live.lesson_record import LessonRecord, Missing, RoomDay, lesson_records
from hub.live.minute_grid import DeviceDay, appliance_of, counted, grid
from hub.live.minute_status import fold
from hub.live.thresholds import Thresholds
from hub.live.views import Running
from hub.registry.model import Room
from hub.stores.series import Bucket, RoomMinute
from tests.hub.live.places import MINUTE, SCHOOL, T0, Plan, lesson

ROOM = Room(SCHOOL, "a101", "P.101", "a")


def buckets(values: dict[int, float]) -> list[Bucket]:
    return [Bucket(T0 + minute * MINUTE, value, value, value, value, 1) for minute, value in values.items()]


def record(levels: list[float | None], **measured: dict[int, float]) -> LessonRecord:
    """A lesson of 45 minutes with that evidence in its minutes; `display_on` and the rest are of one device."""
    taught = lesson(T0)
    minutes = [
        RoomMinute(SCHOOL, "a101", T0 + n * MINUTE, "unknown", 38.0, 3.0, 30.0, 42.0, level)
        for n, level in enumerate(levels)
    ]
    device = DeviceDay("d1", Running.DISPLAY, {quantity: buckets(values) for quantity, values in measured.items()})
    folded = {one[0].t_ms: one for one in fold(minutes, Plan([taught]), "a101", ZoneInfo("UTC"))}
    of = RoomDay(ROOM, grid([device], T0, T0 + 60 * MINUTE), folded)
    (found,) = lesson_records(of, "2025-11-24", [taught], Thresholds())
    return found


def test_figures_of_a_lesson_that_was_held() -> None:
    ppm = {minute: 2_100.0 if 10 <= minute < 35 else 900.0 for minute in range(45)}
    noise = dict.fromkeys(range(44), 50.0) | {44: 80.0}
    found = record([3.0] * 45, co2_ppm=ppm, noise_dba=noise, display_on=dict.fromkeys(range(60), 1.0))
    assert (found.attendance.held, found.attendance.people, found.attendance.empty_min) == (True, 38.0, 0)
    assert (found.air.peak_ppm, found.air.over_good_min, found.air.over_limit_min) == (2_100.0, 45, 25)
    assert (found.air.longest_over_most_min, found.air.too_long) == (25, True)
    assert found.surroundings.noise_dba == pytest.approx(
        63.7, abs=0.05
    )  # 10 lg((44 · 10^5 + 10^8) / 45): as energy, not as a mean of levels
    assert (found.surroundings.loud_min, found.power.display_min, found.power.display_empty_min) == (1, 45, 0)
    assert found.air.litres_per_s_person == pytest.approx(3.0 * ROOM.volume_m3 / 3.6 / 38, abs=0.01)
    assert found.missing == {
        "temperature_c": Missing.NO_SENSOR,
        "humidity_pct": Missing.NO_SENSOR,
        "illuminance_lx": Missing.NO_SENSOR,
        "energy_kwh": Missing.NO_SENSOR,
    }


def test_what_nobody_measured_is_empty_and_says_why() -> None:
    found = record([], illuminance_lx={55: 300.0})
    assert found.attendance.held is None
    assert (found.air.mean_ppm, found.surroundings.light_lx, found.power.kwh) == (None, None, None)
    assert found.missing["illuminance_lx"] is Missing.SILENT
    assert found.missing["co2_ppm"] is Missing.NO_SENSOR
    assert found.missing["presence"] is Missing.SILENT
    assert set(found.coverage.values()) == {0.0}


def test_a_lesson_nobody_came_to_was_not_held() -> None:
    found = record([-3.0] * 45, display_on=dict.fromkeys(range(60), 1.0))
    assert (found.attendance.held, found.attendance.empty_min) == (False, 45)
    assert found.power.display_empty_min == 45


def test_a_register_that_was_reset_counts_on() -> None:
    kwh = counted(buckets({0: 10.0, 10: 11.0, 20: 0.5, 100: 9.0}), T0, 30)
    assert sum(x for x in kwh if x is not None) == pytest.approx(1.5)
    assert kwh[0] is None
    assert kwh[1:11] == [pytest.approx(0.1)] * 10
    assert kwh[25] is None  # 80 minutes between two readings: nobody knows when it ran


def test_a_meter_of_the_whole_room_is_not_counted_beside_the_plugs_behind_it() -> None:
    taught = lesson(T0)
    draws = {"tong": 900.0, "quat": 100.0, "may": 200.0}
    devices = [
        DeviceDay(name, None, {"power_w": buckets(dict.fromkeys(range(60), watt))}, whole_room=name == "tong")
        for name, watt in draws.items()
    ]

    def kwh(*names: str) -> float | None:
        known = grid([one for one in devices if one.device in names], T0, T0 + 60 * MINUTE)
        (found,) = lesson_records(RoomDay(ROOM, known, {}), "2025-11-24", [taught], Thresholds())
        return found.power.kwh

    assert kwh("tong", "quat", "may") == pytest.approx(0.9 * 0.75)
    assert kwh("quat", "may") == pytest.approx(0.3 * 0.75)


def test_what_a_meter_hangs_on_is_told_by_its_name() -> None:
    assert meters_whole_room("b102-dien", "Điện cả phòng B102", "PZEM-016")
    assert meters_whole_room("x", "Main meter A101", "")
    assert not meters_whole_room("o-cam-1", "Máy chiếu A101", "Plug S")
    assert appliance_of("x", "Điện cả phòng máy chiếu", "", ["power_w"]) is None


def test_a_register_that_was_exchanged_or_read_nothing_once_is_no_consumption() -> None:
    assert [x for x in counted(buckets({0: 0.2, 1: 80_000.0, 2: 80_000.5}), T0, 5) if x] == [pytest.approx(0.5)]
    flicker = counted(buckets({0: 100.0, 1: 0.0, 2: 100.3, 3: 100.4}), T0, 5)
    assert sum(x for x in flicker if x is not None) == pytest.approx(0.1)


def test_a_room_booked_twice_has_a_record_of_each_lesson() -> None:
    """The same lesson time twice, a short one within, one that begins before the first has ended."""
    first = lesson(T0)
    booked = [
        first,
        msgspec.structs.replace(first, id="l2"),
        msgspec.structs.replace(first, id="l3", start_ms=T0 + 5 * MINUTE, end_ms=T0 + 15 * MINUTE),
        msgspec.structs.replace(first, id="l4", start_ms=T0 + 30 * MINUTE, end_ms=T0 + 59 * MINUTE),
    ]
    minutes = [
        RoomMinute(SCHOOL, "a101", T0 + n * MINUTE, "unknown", 38.0, 3.0, 30.0, 42.0, 3.0) for n in range(-10, 70)
    ]
    folded = {one[0].t_ms: one for one in fold(minutes, Plan(booked), "a101", ZoneInfo("UTC"))}
    records = lesson_records(RoomDay(ROOM, grid([], T0, T0 + 60 * MINUTE), folded), "2025-11-24", booked, Thresholds())
    assert [one.lesson for one in records] == ["l1", "l2", "l3", "l4"]
    times = [(one.attendance.actual_start_ms, one.attendance.actual_end_ms) for one in records]
    assert times == [(one.start_ms, one.end_ms) for one in booked]


def test_a_lesson_of_no_minute_is_no_fault() -> None:
    nothing = msgspec.structs.replace(lesson(T0), end_ms=T0)
    (found,) = lesson_records(RoomDay(ROOM, grid([], T0, T0 + 60 * MINUTE), {}), "2025-11-24", [nothing], Thresholds())
    assert found.attendance.held is None
