"""Maintenance entered for the past: what was measured in it does not count, and counts again when it is taken back."""

import time
from collections.abc import AsyncIterator
from datetime import date, datetime, timedelta
from pathlib import Path

import pytest
from sqlalchemy import Engine

from hub.derived.due import TABLE, Reason, mark_days, next_due
from hub.derived.log import newest
from hub.derived.records import Records
from hub.live.lesson_record import LessonRecord, Missing
from hub.registry.changes import RegistryError
from hub.stores.duckdb import DuckDbSeries
from hub.stores.mirror import RegistryMirror
from hub.stores.reader import SeriesReader
from hub.stores.series import Point, RoomMinute
from tests.hub.derived.term import FIRST, MINUTE, SCHOOL, ZONE, at
from tests.hub.derived.test_term import Term

DAY = timedelta(days=1)
DAY_MS = 86_400_000


@pytest.fixture
async def hub(state_engine: Engine, tmp_path: Path) -> AsyncIterator[Term]:
    series = SeriesReader(DuckDbSeries(tmp_path / "series.duckdb"))
    made = Term(state_engine, series)
    await made.build()
    made.take_in(FIRST, None, "autumn")
    yield made
    await series.close()


async def derived(hub: Term, rooms: list[str]) -> tuple[dict[int, LessonRecord], list[RoomMinute]]:
    """What is told of room r1 after the day was asked for as the registry asks for it."""
    with hub.engine.begin() as connection:
        mark_days(connection, SCHOOL, [FIRST.isoformat()], Reason.MAINTENANCE, hub.now_ms, rooms=rooms)
    await hub.derive()
    records = Records(hub.engine).of_room(SCHOOL, "r1", FIRST, FIRST)
    minutes = await hub.series.minutes(SCHOOL, "r1", at(FIRST, 410), at(FIRST, 520))
    return {(one.start_ms - at(FIRST, 0)) // MINUTE: one for one in records}, minutes


async def lived(hub: Term) -> None:
    """Two lessons with motion, CO2 and a register that counts 0.1 kWh in ten minutes."""
    points = [
        Point(SCHOOL, "pir-r1", t_ms, {"occupancy": float(t_ms // MINUTE % 5 < 3)}, "e", t_ms // MINUTE)
        for t_ms in range(at(FIRST, 400), at(FIRST, 520), MINUTE)
    ]
    for t_ms in range(at(FIRST, 400), at(FIRST, 520), MINUTE):
        points.append(Point(SCHOOL, "air-r1", t_ms + 5_000, {"co2_ppm": 900.0}, "e", t_ms // MINUTE))
        points.append(Point(SCHOOL, "meter-r1", t_ms + 9_000, {"energy_kwh": t_ms / MINUTE / 100 % 10_000}, "e", 1))
    await hub.series.commit(points, [])
    hub.now_ms = at(FIRST + DAY, 20)
    hub.ask(FIRST, Reason.LATE)
    await hub.derive()


async def test_what_was_measured_meanwhile_does_not_count(hub: Term) -> None:
    await lived(hub)
    before, minutes = await derived(hub, ["r1"])
    assert (before[420].attendance.held, before[420].air.mean_ppm) == (True, 900.0)
    assert before[420].power.kwh == pytest.approx(0.45)
    work = hub.registry.start_maintenance(SCHOOL, "r1", None, "sơn", at(FIRST, 415), at(FIRST, 440))
    part, of_part = await derived(hub, ["r1"])
    assert all((one.evidence is None) == (at(FIRST, 415) <= one.t_ms < at(FIRST, 440)) for one in of_part)
    assert part[420].coverage["co2_ppm"] == pytest.approx(25 / 45, abs=0.001)
    assert part[420].power.kwh == pytest.approx(0.25)
    hub.registry.end_maintenance(work, at(FIRST, 466))
    whole, of_whole = await derived(hub, ["r1"])
    assert {one.status for one in of_whole if at(FIRST, 415) <= one.t_ms < at(FIRST, 466)} == {"unknown"}
    assert (whole[420].attendance.held, whole[420].air.mean_ppm, whole[420].power.kwh) == (None, None, None)
    assert (whole[420].missing["co2_ppm"], whole[420].missing["presence"]) == (Missing.SILENT, Missing.UNDECIDED)
    assert whole[470].attendance.held is True
    told = newest(hub.engine, SCHOOL, 1)[0]
    assert told.reason == "maintenance"
    assert told.changed >= 1
    assert told.filled > 20
    hub.registry.end_maintenance(work, at(FIRST, 415))
    assert await derived(hub, ["r1"]) == (before, minutes)


async def test_a_device_under_maintenance_is_left_out_alone(hub: Term) -> None:
    await lived(hub)
    before, _ = await derived(hub, ["r1"])
    hub.registry.start_maintenance(SCHOOL, None, "air-r1", "hiệu chuẩn", at(FIRST, 400), at(FIRST, 470))
    after, _ = await derived(hub, ["r1"])
    assert after[420].air.mean_ppm is None
    assert after[420].attendance.held is True
    assert after[420].power == before[420].power
    assert after[470].air.mean_ppm == 900.0


def asked(hub: Term) -> list[tuple[date, str, tuple[str, ...]]]:
    """Taken off again, for the next question."""
    with hub.engine.begin() as connection:
        found = next_due(connection, 2**60, 1_000)
        connection.execute(TABLE.delete())
    return sorted((one.day, one.reason, one.rooms) for one in found)


def days(first_ms: int, last_ms: int, *rooms: str) -> list[tuple[date, str, tuple[str, ...]]]:
    first, last = (datetime.fromtimestamp(t_ms / 1000, ZONE).date() for t_ms in (first_ms, last_ms))
    return [(first + n * DAY, "maintenance", rooms) for n in range((last - first).days + 1)]


async def test_it_asks_for_the_days_it_touches(hub: Term) -> None:
    now_ms = time.time_ns() // 1_000_000
    ago = [now_ms - number * DAY_MS for number in range(10)]
    asked(hub)
    hub.registry.start_maintenance(SCHOOL, "r1", None, "sơn", ago[6], ago[4])
    assert asked(hub) == days(ago[6], ago[4], "r1")
    running = hub.registry.start_maintenance(SCHOOL, "r2", None, "điện", ago[3])
    assert asked(hub) == days(ago[3], now_ms, "r2")
    hub.registry.end_maintenance(running, ago[1])
    assert asked(hub) == days(ago[1], now_ms, "r2")
    hub.registry.end_maintenance(running, ago[2])
    assert asked(hub) == days(ago[2], ago[1], "r2")
    hub.registry.end_maintenance(running, ago[2])
    assert asked(hub) == []
    hub.registry.remove_maintenance(SCHOOL, running)
    assert asked(hub) == days(ago[3], ago[2], "r2")
    with pytest.raises(RegistryError, match="maintenance"):
        hub.registry.remove_maintenance(SCHOOL, running)
    hub.registry.assign(SCHOOL, "air-r1", "r3", ago[5])
    await RegistryMirror(hub.registry, hub.series).tell()
    asked(hub)
    hub.registry.start_maintenance(SCHOOL, None, "air-r1", "", ago[6], ago[4])
    assert asked(hub) == days(ago[6], ago[4], "r1", "r3")
    of_now = hub.registry.start_maintenance(SCHOOL, "r1", None, "", now_ms)
    hub.registry.end_maintenance(of_now, now_ms + 1_000)
    assert asked(hub) == []
    with pytest.raises(RegistryError, match="end after it began"):
        hub.registry.start_maintenance(SCHOOL, "r1", None, "", ago[1], ago[2])
