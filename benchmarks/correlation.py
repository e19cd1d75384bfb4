"""What correlation costs: `python -m benchmarks correlation`.

1. The live engine's `apply` with and without the context of each reading, side by side, on the same readings.
2. One school-day of 20 rooms and 200 devices at a value a minute and device, derived from DuckDB: reading and deriving.
"""

import asyncio
import tempfile
import time
from datetime import date, datetime
from pathlib import Path
from zoneinfo import ZoneInfo

import numpy as np

from benchmarks.table import print_table
from hub.derived.day import Span, derive
from hub.derived.measured import measure
from hub.live.context import Context
from hub.live.engine import LiveEngine
from hub.live.reading import Reading
from hub.live.thresholds import Thresholds
from hub.registry.model import Assignment, Device, Maintenance, Room, School
from hub.school.plan import SchoolPlan
from hub.school.timetable import Bell, Card, PlannedLesson, PlannedRoom, SchoolClass, Subject, Timetable
from hub.stores.duckdb import DuckDbSeries
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
    bells = tuple(Bell(str(n), f"Tiết {n + 1}", str(n), 420 + n * 55, 465 + n * 55) for n in range(10))
    names = [f"r{room}" for room in range(ROOMS)]
    timetable = Timetable(
        bells=bells,
        rooms=tuple(PlannedRoom(name, name) for name in names),
        subjects=(Subject("t", "Toán"),),
        classes=tuple(SchoolClass(name, name, "", 40) for name in names),
        lessons=tuple(PlannedLesson(f"{name}-{n}", "t", (name,)) for name in names for n in range(10)),
        cards=tuple(Card(f"{name}-{n}", (str(n),), "11111", "1", "1", (name,)) for name in names for n in range(10)),
    )
    return SchoolPlan(timetables=[(DAY, timetable)], rooms=Site.known)


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


async def day_costs(folder: Path, minutes: int) -> dict[str, float]:
    """Seconds to read a school-day and to derive it."""
    store = DuckDbSeries(folder / "series.duckdb")
    series, site, random = SeriesReader(store), Site(), np.random.default_rng(1)
    store.replace_intervals({(SCHOOL, device): (site.assignments(SCHOOL, device), ()) for device in site.placed})
    for minute in range(minutes):
        t_ms = START + minute * MINUTE
        points = [
            Point(SCHOOL, device, t_ms, {KINDS[int(device[-1])]: _value(int(device[-1]), minute, random)}, "e", minute)
            for device in site.placed
        ]
        store.commit(points, [])
    told = [
        RoomMinute(SCHOOL, room.id, START + m * MINUTE, "unknown", 30.0, 2.0, 25.0, 35.0, float(random.normal(0, 3)))
        for room in site.known
        for m in range(minutes)
    ]
    store.put_minutes(told)
    span = Span(DAY, ZONE, START, START + minutes * MINUTE, START, START + minutes * MINUTE)
    school_plan = plan()
    began, cpu = time.perf_counter(), time.process_time()
    measured, _ = await measure(series, site, SCHOOL, span)
    read = time.perf_counter()
    derived = derive(span, site.known, school_plan, measured, Thresholds())
    done = time.perf_counter()
    await series.put_minutes(derived.restated)
    await series.close()
    found = {"read_s": read - began, "derive_s": done - read, "write_s": time.perf_counter() - done}
    found["cpu_s"] = time.process_time() - cpu
    return found | {"records": len(derived.records), "waste": len(derived.waste), "restated": len(derived.restated)}


def _value(kind: int, minute: int, random: np.random.Generator) -> float:
    if KINDS[kind] in {"display_on", "occupancy"}:
        return float(minute // 30 % 2)
    return minute / 100 if KINDS[kind] == "energy_kwh" else float(random.uniform(10, 900))


def main(seconds: float = 20, minutes: int = MINUTES) -> None:
    """`seconds` of readings for the first table, a day of `minutes` for the second."""
    with_context, without = apply_costs(round(seconds))
    print_table(
        "Context of a reading, CPU in µs a value", ("look-up", "µs"), [
            ("each reading its lesson at its own time", f"{with_context:.2f}"),
            ("a context that never ends: the comparison alone", f"{without:.2f}"),
        ],
    )  # fmt: skip
    with tempfile.TemporaryDirectory() as folder:
        found = asyncio.run(day_costs(Path(folder), minutes))
    print_table(
        f"A school-day: {ROOMS} rooms, {ROOMS * EACH} devices, {minutes} minutes",
        ("what", "figure"),
        [(name.replace("_", " "), f"{value:.2f}") for name, value in found.items()],
    )


if __name__ == "__main__":
    main()
