"""A small school with five weeks behind it: past hours in SQL, the last days as real readings and minutes."""

import random
from collections.abc import Callable
from datetime import date, datetime, timedelta
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

from sqlalchemy import Engine

from hub.forecasts.measured import day_ms
from hub.forecasts.nightly import Nightly
from hub.forecasts.rows import ForecastRows
from hub.live.forecast.hours import Target
from hub.registry.model import Building, Room, School
from hub.registry.registry import Registry
from hub.school.model import Lesson, SchoolDay
from hub.stores.duckdb import DuckDbSeries
from hub.stores.reader import SeriesReader
from hub.stores.series import Point, RoomMinute

SCHOOL = "hoa-binh"
ZONE = ZoneInfo("Asia/Ho_Chi_Minh")
TODAY = date(2026, 11, 24)  # a Tuesday
ROOMS = ("a1", "a2", "a3", "a4", "a5")
HOUR_MS = 3_600_000
TEACHING = range(7, 11)


class WeekPlan:
    """Lessons from 7 to 11 on weekdays in every room."""

    def school_day(self, day: date) -> SchoolDay:
        if day.weekday() > 4:
            return SchoolDay(day, (), (), None)
        start_ms = day_ms(day, ZONE)[0]
        hours = [(start_ms + hour * HOUR_MS, start_ms + (hour + 1) * HOUR_MS) for hour in TEACHING]
        lessons = tuple(
            Lesson(f"{room}-{start}", room, "Tiết", start, end, "Toán", ("7A",), (), 40)
            for room in ROOMS
            for start, end in hours
        )
        return SchoolDay(day, (), lessons, (hours[0][0], hours[-1][1]))


class Plans:
    def schedule(self, school: str) -> WeekPlan | None:
        return WeekPlan() if school == SCHOOL else None


async def at_once(work: Callable[[], Any]) -> Any:
    return work()


def now_ms() -> int:
    return int(datetime(2026, 11, 24, 1, 0, tzinfo=ZONE).timestamp() * 1000)


def registry_of(engine: Engine) -> Registry:
    registry = Registry(engine)
    registry.add_school(School(SCHOOL, "Hòa Bình", keep_raw_days=None))
    registry.add_building(Building(SCHOOL, "a", "Nhà A"))
    for room in ROOMS:
        registry.add_room(Room(SCHOOL, room, room.upper(), "a"))
    registry.add_gateway(SCHOOL, "gw", "Cổng")
    for room in ROOMS:
        registry.note_devices([(SCHOOL, f"{room}-{kind}", "gw", 0, "") for kind in ("air", "meter")])
        for kind in ("air", "meter"):
            registry.assign(SCHOOL, f"{room}-{kind}", room, 0)
    return registry


def in_use(day: date, hour: int) -> bool:
    return day.weekday() < 5 and hour in TEACHING


def fill(store: DuckDbSeries, registry: Registry, days: int, *, every_min: int = 15, stuck: str = "") -> None:
    """Readings of air sensors and meters, and the minutes derived from them; the sensor `stuck` repeats one number."""
    chance = random.Random(2)
    for number, room in enumerate(ROOMS):
        kwh = 100.0 * number
        points: list[Point] = []
        minutes: list[RoomMinute] = []
        for back in range(days, 0, -1):
            day = TODAY - timedelta(days=back)
            start_ms = day_ms(day, ZONE)[0]
            for minute in range(0, 1_440, every_min):
                used = in_use(day, minute // 60)
                t_ms, row = start_ms + minute * 60_000, len(points) * 2
                kwh += (1.2 if used else 0.06) * every_min / 60
                co2 = 1_000 + chance.gauss(0, 80) if used else 440 + chance.gauss(0, 6)
                air: dict[str, float | str] = {"co2_ppm": round(co2), "temperature_c": 25 + chance.gauss(0, 1)}
                if stuck == f"{room}-air" and back <= 4:
                    air["co2_ppm"] = 777.0
                points.append(Point(SCHOOL, f"{room}-air", t_ms, air, "0" * 16, row))
                points.append(Point(SCHOOL, f"{room}-meter", t_ms, {"energy_kwh": round(kwh, 3)}, "0" * 16, row + 1))
            minutes += [
                RoomMinute(SCHOOL, room, start_ms + m * 60_000, "in_lesson" if in_use(day, m // 60) else "idle",
                           38.0 if in_use(day, m // 60) else 0.0, 2.0)
                for m in range(0, 1_440, 2)
            ]  # fmt: skip
        for kind in ("air", "meter"):
            name = f"{room}-{kind}"
            store.replace_assignments(SCHOOL, name, registry.assignments(SCHOOL, name))
        store.commit(points, [])
        store.put_minutes(minutes)


def past_hours(rows: ForecastRows, first_back: int, last_back: int) -> None:
    chance = random.Random(3)
    for back in range(first_back, last_back - 1, -1):
        day = TODAY - timedelta(days=back)
        hours = {
            room: {
                Target.ENERGY: [(1.2 if in_use(day, h) else 0.06) + chance.gauss(0, 0.02) for h in range(24)],
                Target.OCCUPIED: [float(in_use(day, h)) for h in range(24)],
                Target.PEOPLE: [38.0 * in_use(day, h) for h in range(24)],
            }
            for room in ROOMS
        }
        rows.put_hours(SCHOOL, day, hours)


def nightly_of(engine: Engine, folder: Path, *, stuck: str = "", days: int = 3) -> tuple[Nightly, SeriesReader]:
    registry, store = registry_of(engine), DuckDbSeries(folder / "series.duckdb")
    fill(store, registry, days, stuck=stuck)
    reader, rows = SeriesReader(store), ForecastRows(engine)
    made = Nightly(rows=rows, registry=registry, schools=Plans(), series=reader, in_thread=at_once, now_ms=now_ms)
    return made, reader
