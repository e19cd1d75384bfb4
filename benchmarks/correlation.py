"""What correlation costs: `python -m benchmarks correlation`.

1. The live engine's `apply` with and without the context of each reading, side by side, on the same readings.
2. One school-day of 20 rooms and 200 devices at a value a minute and device, in SQLite and DuckDB: the whole job of a
   correction as the worker does it, and its rooms' minutes worked out anew from readings, a room a time.
"""

import asyncio
import tempfile
import time
from collections.abc import Callable
from datetime import date, datetime
from pathlib import Path
from statistics import median
from typing import Any
from zoneinfo import ZoneInfo

import numpy as np

from benchmarks.table import print_table
from hub.db.engine import open_database
from hub.derived.derivation import Derivation
from hub.derived.due import Due, Reason
from hub.derived.stores import Stores
from hub.live.context import Context
from hub.live.engine import LiveEngine
from hub.live.reading import Reading
from hub.registry.model import Assignment, Building, Device, Maintenance, Room, School
from hub.registry.registry import Registry
from hub.school.importers.found import TimetableImport
from hub.school.journal import Kind
from hub.school.plan import SchoolPlan
from hub.school.problems import Findings
from hub.school.repository import Schools
from hub.school.timetable import Bell, Card, PlannedLesson, PlannedRoom, SchoolClass, Subject, Timetable
from hub.stores.duckdb import DuckDbSeries
from hub.stores.mirror import RegistryMirror
from hub.stores.reader import SeriesReader
from hub.stores.series import Point, RoomMinute

SCHOOL, ZONE, DAY = "bench", ZoneInfo("Asia/Ho_Chi_Minh"), date(2026, 9, 7)
ROOMS, EACH, MINUTES, MINUTE = 20, 10, 1_440, 60_000
START = round(datetime(DAY.year, DAY.month, DAY.day, tzinfo=ZONE).timestamp()) * 1000
KINDS = (
    "co2_ppm", "temperature_c", "humidity_pct", "illuminance_lx", "noise_dba", "power_w", "energy_kwh", "display_on",
    "occupancy", "power_w",
)  # fmt: skip
ALWAYS = Context(None, None, None, 0, 2**62)


class Site:
    """Rooms and devices in memory."""

    version = 1
    known = tuple(Room(SCHOOL, f"r{number}", f"P.{number}", "a") for number in range(ROOMS))
    placed = {f"d{room}-{kind}": f"r{room}" for room in range(ROOMS) for kind in range(EACH)}  # noqa: RUF012

    def school_version(self, school: str, /) -> int:
        del school
        return self.version

    def schools(self) -> list[School]:
        return [School(SCHOOL, "Bench")]

    def rooms(self, school: str) -> tuple[Room, ...]:
        del school
        return self.known

    def devices(self, school: str) -> list[Device]:
        del school
        return []

    def device(self, school: str, device: str, /) -> Device | None:
        return Device(school, device, "gw", "Máy chiếu" if device.endswith("-5") else device)

    def room_of(self, school: str, device: str, t_ms: int) -> str | None:
        del school, t_ms
        return self.placed.get(device)

    def assignments(self, school: str, device: str, /) -> tuple[Assignment, ...]:
        return (Assignment(school, device, self.placed[device], 0),)

    def maintenance_of(
        self, school: str, room: str | None = None, device: str | None = None, *, t_ms: int = 0
    ) -> Maintenance | None:
        del school, room, device, t_ms
        return None


def plan() -> SchoolPlan:
    return SchoolPlan(timetables=[(DAY, timetable())], rooms=Site.known)


def timetable() -> Timetable:
    bells = tuple(Bell(str(n), f"Tiết {n + 1}", str(n), 420 + n * 55, 465 + n * 55) for n in range(10))
    names = [f"r{room}" for room in range(ROOMS)]
    return Timetable(
        bells=bells,
        rooms=tuple(PlannedRoom(name, name) for name in names),
        subjects=(Subject("t", "Toán"),),
        classes=tuple(SchoolClass(name, name, "", 40) for name in names),
        lessons=tuple(PlannedLesson(f"{name}-{n}", "t", (name,)) for name in names for n in range(10)),
        cards=tuple(Card(f"{name}-{n}", (str(n),), "11111", "1", "1", (name,)) for name in names for n in range(10)),
    )


def apply_costs(seconds: int = 20) -> tuple[float, float]:
    """CPU in microseconds a value, with and without context; the best of alternating runs."""
    now = START + 9 * 3_600_000
    batches = [
        [
            Reading(SCHOOL, "gw", device, now + second * 1_000, now + second * 1_000, {"temperature_c": 20.0 + second})
            for device in Site.placed
            for _ in range(5)
        ]
        for second in range(seconds)
    ]
    best = [float("inf"), float("inf")]
    for _ in range(7):
        for place, with_context in enumerate((True, False)):
            school_plan = plan()
            engine = LiveEngine(Site(), lambda _, known=school_plan: known)  # type: ignore[misc]
            engine.apply(batches[0], now)
            if not with_context:
                for room in engine._rooms.values():  # noqa: SLF001 - the comparison must leave out the look-up
                    room.context = ALWAYS
            began = time.process_time()
            for second, batch in enumerate(batches):
                engine.apply(batch, now + second * 1_000)
            took = time.process_time() - began
            best[place] = min(best[place], took / sum(map(len, batches)) * 1e6)
    return best[0], best[1]


class Stand:
    """A school's real databases with one day in them."""

    def __init__(self, folder: Path) -> None:
        self.engine = open_database(f"sqlite:///{folder / 'state.db'}")
        self.store = DuckDbSeries(folder / "series.duckdb")
        self.series = SeriesReader(self.store)
        self.registry, self.schools = Registry(self.engine), Schools(self.engine)
        self.derivation = Derivation(Stores(self.engine, self.registry, self.schools, self.series, _in_thread))

    async def build(self, minutes: int) -> None:
        self.registry.add_school(School(SCHOOL, "Bench"))
        self.registry.add_building(Building(SCHOOL, "a", "A"))
        for room in Site.known:
            self.registry.add_room(room)
        self.registry.note_devices((SCHOOL, device, "gw", 0, "") for device in Site.placed)
        for device, hung in Site.placed.items():
            self.registry.assign(SCHOOL, device, hung, 0)
        await RegistryMirror(self.registry, self.series).tell()
        found = TimetableImport("bench", timetable(), {}, {}, Findings())
        known_ms = START - 86_400_000
        self.schools.take_in(
            SCHOOL, Kind.TIMETABLE, found, name="plan", digest="t", valid_from=DAY, force=True, now_ms=known_ms
        )
        random = np.random.default_rng(1)
        for first in range(0, minutes, 60):
            of_hour = range(first, min(first + 60, minutes))
            points = [_point(device, minute, random) for minute in of_hour for device in Site.placed]
            self.store.commit(points, [])
        self.store.put_minutes(
            [
                RoomMinute(
                    *(SCHOOL, room.id, START + minute * MINUTE, "unknown", 30.0, 2.0, 25.0, 35.0),
                    evidence=float(random.normal(0, 3)),
                )
                for room in Site.known
                for minute in range(minutes)
            ]
        )

    async def close(self) -> None:
        await self.series.close()
        self.engine.dispose()


async def day_costs(folder: Path, minutes: int, repeats: int) -> list[tuple[str, str]]:
    """What a correction of the day costs, the whole job; and the rooms' minutes worked out anew from readings."""
    stand = Stand(folder)
    await stand.build(minutes)
    now_ms = START + 30 * 3_600_000
    took: list[tuple[float, float]] = []
    for _ in range(repeats + 1):
        began, cpu = time.perf_counter(), time.process_time()
        outcome = await stand.derivation.whole_day(Due(SCHOOL, DAY, Reason.PLAN, now_ms, 1), now_ms)
        took.append((time.perf_counter() - began, time.process_time() - cpu))
        if len(took) == 1:
            first = outcome
    again = took[1:]
    walls = sorted(wall for wall, _ in again)
    rooms = tuple(room.id for room in Site.known)
    pieces = []
    for number in range(len(rooms)):
        began, cpu = time.perf_counter(), time.process_time()
        await stand.derivation.next_step(Due(SCHOOL, DAY, Reason.ESTIMATES, now_ms, 1, rooms[number:]), now_ms)
        pieces.append((time.perf_counter() - began, time.process_time() - cpu))
    await stand.close()
    return [
        ("lesson records; minutes restated", f"{first.added}; {first.statuses_changed}"),
        ("whole job the first time, all minutes restated: s; CPU s", f"{took[0][0]:.2f}; {took[0][1]:.2f}"),
        (
            f"whole job again, {repeats} times: median, 95th percentile s; CPU s",
            f"{median(walls):.2f}, {walls[int(len(walls) * 0.95)]:.2f}; {median(cpu for _, cpu in again):.2f}",
        ),
        (
            "a room lived again: median, longest s; CPU s",
            f"{median(wall for wall, _ in pieces):.2f}, {max(pieces)[0]:.2f}; {median(cpu for _, cpu in pieces):.2f}",
        ),
        (
            f"all {len(rooms)} rooms lived again: s; CPU s",
            f"{sum(wall for wall, _ in pieces):.1f}; {sum(cpu for _, cpu in pieces):.1f}",
        ),
    ]


async def _in_thread(work: Callable[[], Any]) -> Any:
    return await asyncio.to_thread(work)


def _point(device: str, minute: int, random: np.random.Generator) -> Point:
    kind = int(device[-1])
    t_ms = START + minute * MINUTE + kind * 1_000
    return Point(SCHOOL, device, t_ms, {KINDS[kind]: _value(kind, minute, random)}, "e", minute)


def _value(kind: int, minute: int, random: np.random.Generator) -> float:
    if KINDS[kind] in {"display_on", "occupancy"}:
        return float(minute // 30 % 2)
    return minute / 100 if KINDS[kind] == "energy_kwh" else float(random.uniform(10, 900))


def main(seconds: float = 20, minutes: int = MINUTES, repeats: int = 20) -> None:
    """`seconds` of readings for the first table, a day of `minutes` for the second, derived `repeats` times."""
    with_context, without = apply_costs(round(seconds))
    print_table(
        "Context of a reading, CPU in µs a value", ("look-up", "µs"), [
            ("each reading its lesson at its own time", f"{with_context:.2f}"),
            ("a context that never ends: the comparison alone", f"{without:.2f}"),
        ],
    )  # fmt: skip
    with tempfile.TemporaryDirectory() as folder:
        found = asyncio.run(day_costs(Path(folder), minutes, repeats))
    print_table(f"A school-day: {ROOMS} rooms, {ROOMS * EACH} devices, {minutes} minutes", ("what", "figure"), found)


if __name__ == "__main__":
    main()
