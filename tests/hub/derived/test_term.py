"""A term of twelve weeks, with everything schools do to their plans: what is derived equals a slow recomputation."""

import asyncio
import random
from collections.abc import Callable
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import Engine

from hub.db.engine import open_database
from hub.derived.derivation import ESTIMATES_BACK_MS
from hub.derived.due import Reason, mark_days
from hub.derived.ledger import Ledger
from hub.derived.log import newest
from hub.derived.records import Records
from hub.derived.stores import Stores
from hub.derived.worker import Deriver
from hub.live.lesson_record import LessonRecord
from hub.registry.model import Building, Room, School
from hub.registry.registry import Registry
from hub.school.changes import ChangeKind, DayChange
from hub.school.edits import SetChange, SetDays
from hub.school.importers.found import TimetableImport
from hub.school.journal import Kind
from hub.school.problems import Findings
from hub.school.repository import Schools
from hub.stores.duckdb import DuckDbSeries
from hub.stores.mirror import RegistryMirror
from hub.stores.reader import SeriesReader
from hub.stores.series import Point, RoomMinute
from tests.hub.databases import Databases
from tests.hub.derived import naively, term
from tests.hub.derived.naively import RoomTold
from tests.hub.derived.term import FIRST, MINUTE, ROOMS, SCHOOL, Story, at

DAY = timedelta(days=1)
HOUR_MS = 3_600_000
ECHO_MIN = 40  # CO2 and what ran are believed for three times their five minutes, and CO2 has a course of half an hour
LATE_DAY, LATE_ROOM, LATE_FROM, LATE_TO = FIRST + 30 * DAY, "r2", 8 * 60 + 30, 10 * 60 + 30


class Term:
    """A hub's stores, its school, and the hands that change its plan; `now_ms` is the clock."""

    def __init__(self, engine: Engine, series: SeriesReader, estimates_back_ms: int = ESTIMATES_BACK_MS) -> None:
        self.engine, self.series = engine, series
        self.registry, self.schools = Registry(engine), Schools(engine)
        self.now_ms = at(FIRST - 7 * DAY, 12 * 60)
        self.told: dict[tuple[str, date], RoomTold] = {}
        self.late: list[Point] = []
        self.stores = Stores(engine, self.registry, self.schools, series, run_in_thread)
        self.deriver = Deriver(self.stores, now_ms=lambda: self.now_ms, estimates_back_ms=estimates_back_ms)

    async def build(self) -> None:
        self.registry.add_school(School(SCHOOL, "Lê Lợi"))
        self.registry.add_building(Building(SCHOOL, "a", "A"))
        for room in ROOMS:
            self.registry.add_room(Room(SCHOOL, room, room, "a"))
        devices = [(f"{kind}-{room}", room) for room in ROOMS for kind in ("air", "plug", "meter", "pir")]
        self.registry.note_devices((SCHOOL, device, "gw1", 0, "") for device, _ in devices)
        for device, room in devices:
            if device.startswith("plug"):
                self.registry.name_device(SCHOOL, device, "Máy chiếu")
            self.registry.assign(SCHOOL, device, room, 0)
        await RegistryMirror(self.registry, self.series).tell()
        with self.engine.begin() as connection:
            connection.exec_driver_sql("DELETE FROM derive_due")

    def take_in(self, valid_from: date, moved: tuple[str, str] | None, digest: str) -> int:
        found = TimetableImport("test", term.timetable(moved), {}, {}, Findings())
        result = self.schools.take_in(
            SCHOOL, Kind.TIMETABLE, found, name=digest, digest=digest, valid_from=valid_from, force=True,
            now_ms=self.now_ms,
        )  # fmt: skip
        assert result.status == "applied"
        return result.import_id if hasattr(result, "import_id") else result.id

    async def measure(self, story: Story, day: date, chance: random.Random) -> None:
        """Store a day: minutes as a live hub keeps them, CO2, each room's projector's plug, a register."""
        points: list[Point] = []
        minutes: list[RoomMinute] = []
        for room in ROOMS:
            said = term.sensed(story, room, day, chance)
            told = self.told[room, day] = RoomTold(
                {one.t_ms: (one.evidence, one.direct) for one in said}, {one.t_ms: one.people for one in said}
            )
            ours = _points(told, room, day, chance)
            if (room, day) == (LATE_ROOM, LATE_DAY):
                said = self._held_back(said, ours, day)
            points += ours
            minutes += [
                RoomMinute(SCHOOL, room, s.t_ms, "unknown", s.people, 2.0, s.people, s.people, s.evidence, s.direct)
                for s in said
            ]
        await self.series.commit(points, [])
        await self.series.put_minutes(minutes)

    def _held_back(self, said: list[term.Sensed], points: list[Point], day: date) -> list[term.Sensed]:
        """A gateway is cut off: two hours of motion come the day after; air and plug have measured nothing then."""
        first, last = at(day, LATE_FROM), at(day, LATE_TO)
        told = self.told[LATE_ROOM, day]
        for t_ms in range(first, last, MINUTE):
            told.co2.pop(t_ms, None)
            told.watts.pop(t_ms, None)
        points[:] = [p for p in points if not first <= p.t_ms < last]
        self.late = [
            Point(SCHOOL, f"pir-{LATE_ROOM}", t_ms, {"occupancy": float(naively.moved(t_ms))}, "e", t_ms // MINUTE)
            for t_ms in range(first, last, MINUTE)
        ]
        return [one for one in said if not first <= one.t_ms < last]

    async def derive(self) -> int:
        """Everything that is due by now."""
        self.now_ms += 60_000
        count = 0
        while await self.deriver.next_day():
            count += 1
        return count

    def ask(self, day: date, reason: Reason) -> None:
        with self.engine.begin() as connection:
            mark_days(connection, SCHOOL, [day.isoformat()], reason, self.now_ms)


def _points(told: RoomTold, room: str, day: date, chance: random.Random) -> list[Point]:
    awake = {t_ms // (15 * MINUTE) for t_ms, (evidence, _) in told.evidence.items() if evidence is not None}
    watts, kwh = 2.0, chance.uniform(100, 200)
    points: list[Point] = []
    for minute in range(term.FROM_MIN, term.TO_MIN, 5):
        t_ms, row = at(day, minute), at(day, minute) // MINUTE
        if minute % 30 == 0:
            watts = chance.choice((2.0, 0.0, 210.0, 240.0))
        if chance.random() < 0.9 and t_ms // (15 * MINUTE) in awake:
            told.co2[t_ms] = round(chance.uniform(500, 2100), 1)
            points.append(Point(SCHOOL, f"air-{room}", t_ms + 7_000, {"co2_ppm": told.co2[t_ms]}, "e", row))
            told.watts[t_ms] = watts
            points.append(Point(SCHOOL, f"plug-{room}", t_ms + 9_000, {"power_w": watts}, "e", row))
        if room == "r1" and minute % 10 == 0:
            kwh = kwh + chance.uniform(0, 0.3) if chance.random() < 0.98 else 0.05
            told.register[t_ms] = kwh
            points.append(Point(SCHOOL, f"meter-{room}", t_ms + 11_000, {"energy_kwh": kwh}, "e", row))
    return points


async def run_in_thread(work: Callable[[], Any]) -> Any:
    return await asyncio.to_thread(work)


def what_happens() -> Story:
    """The term as it is known in the end; single lessons are named by their slots."""
    story = Story()
    story.holidays = {FIRST + 9 * DAY, FIRST + 44 * DAY}
    story.half_days = {FIRST + 18 * DAY: 620}
    story.runs_as = {FIRST + 19 * DAY: 0}  # a Saturday runs as Monday
    first, second, third = FIRST + 3 * DAY, FIRST + 23 * DAY, FIRST + 38 * DAY
    story.teachers[first, _slot_of(first, 0)] = "t2"
    story.cancelled.add((second, _slot_of(second, 1)))
    other = _slot_of(third, 0)
    story.rooms[third, other] = _free_room(third, other)
    story.swapped_from = FIRST + 35 * DAY
    return story


def _slot_of(day: date, number: int) -> str:
    return [one.id for one in Story().lessons(day) if one.start_min != 525][number].split("@")[0]


def _free_room(day: date, slot: str) -> str:
    lessons = Story().lessons(day)
    start = next(one.start_min for one in lessons if one.id.startswith(slot + "@"))
    taken = {one.room for one in lessons if one.start_min == start}
    return next(room for room in ROOMS if room not in taken)


def edits(story: Story) -> list[tuple[date, DayChange]]:
    """The one-day changes of the story with the date they are told on: some before, some after."""
    found = []
    for (day, slot), teacher in story.teachers.items():
        found.append((day - DAY, DayChange("c1", day, ChangeKind.SUBSTITUTION, slot, teachers=(teacher,))))
    for day, slot in story.cancelled:
        found.append((day + 2 * DAY, DayChange("c2", day, ChangeKind.CANCELLED, slot)))
    for (day, slot), room in story.rooms.items():
        found.append((day + DAY, DayChange("c3", day, ChangeKind.ROOM, slot, rooms=(room,))))
    return found


@pytest.mark.timeout(180)
async def test_everything_derived_equals_a_slow_recomputation(sqlite_databases: Databases, tmp_path: Path) -> None:
    engine = open_database(sqlite_databases.fresh(tmp_path))
    series = SeriesReader(DuckDbSeries(tmp_path / "series.duckdb"))
    # The evidence of its minutes is made up and not that of the readings: living a room again would replace it.
    hub, story = Term(engine, series, estimates_back_ms=0), what_happens()
    try:
        await hub.build()
        await run(hub, story)
        await check(hub, story)
    finally:
        await series.close()
        engine.dispose()


async def run(hub: Term, story: Story) -> None:
    """Live through the term; at its end nothing is due any more."""
    chance = random.Random(11)
    hub.take_in(FIRST, None, "autumn")
    hub.schools.edit(SCHOOL, SetDays(tuple(story.calendar()[:1])), "op", hub.now_ms)  # the rest is told later
    told = edits(story)
    wrong = 0
    for day in term.days():
        await hub.measure(story, day, chance)
        hub.now_ms = at(day + DAY, 5)
        hub.ask(day, Reason.ENDED)
        if day == FIRST + 20 * DAY:
            hub.schools.edit(SCHOOL, SetDays(tuple(story.calendar())), "op", hub.now_ms)
        if day == FIRST + 43 * DAY:  # the rooms were changed a week ago: last week's timetable is corrected
            hub.take_in(story.swapped_from, ("r1", "r2"), "swapped")
        if day == FIRST + 60 * DAY:
            wrong = hub.take_in(FIRST + 49 * DAY, ("r2", "r3"), "wrong")
        if day == FIRST + 65 * DAY:
            hub.schools.undo(wrong, "op", hub.now_ms)
        for when, change in told:
            if when == day:
                hub.schools.edit(SCHOOL, SetChange(change), "op", hub.now_ms)
        if day == LATE_DAY + DAY:
            await hub.series.commit(hub.late, [])
            hub.ask(LATE_DAY, Reason.LATE)
        await hub.derive()


async def check(hub: Term, story: Story) -> None:
    records, ledger = Records(hub.engine), Ledger(hub.engine)
    lessons = wasted = 0
    for day in term.days():
        found = {(one.room, one.start_ms): one for one in records.of_day(SCHOOL, day)}
        planned = story.lessons(day)
        assert {(one.room, at(day, one.start_min)) for one in planned} == found.keys(), day
        lines = {(line.line.room, line.line.why.value): line.line for line in ledger.of(SCHOOL, day, day)}
        of_day = await hub.series.minutes(SCHOOL, None, at(day, 0), at(day + DAY, 0))
        for room in ROOMS:
            told, stored = hub.told[room, day], [one for one in of_day if one.room == room]
            if (room, day) == (LATE_ROOM, LATE_DAY):
                take_filled(told, stored)
            said = naively.statuses(story, day, room, told)
            assert {one.t_ms: one.status for one in stored} == {t_ms: status for t_ms, (status, _) in said.items()}
            here = [one for one in planned if one.room == room]
            assert {one.t_ms: one.lesson for one in stored} == {
                t_ms: next((x.id for x in here if at(day, x.start_min) <= t_ms < at(day, x.end_min)), "")
                for t_ms in said
            }
            for lesson in here:
                there = {t_ms: is_there for t_ms, (_, is_there) in said.items()}.get
                expected = naively.record(story, lesson, told, there, here)
                assert figures(found[room, at(day, lesson.start_min)]) == pytest.approx(expected), (day, lesson)
                lessons += 1
            expected_waste = naively.waste(story, day, room, told)
            ours = {why: (line.minutes, line.kwh) for (of, why), line in lines.items() if of == room}
            assert ours.keys() == expected_waste.keys()
            for why, (minutes, kwh) in expected_waste.items():
                assert ours[why][0] == minutes
                assert ours[why][1] == pytest.approx(kwh, abs=1e-4)
            wasted += len(ours)
    assert lessons > 500
    assert wasted > 300
    told_changes = newest(hub.engine, SCHOOL, 500)
    assert {one.reason for one in told_changes} >= {"plan", "undone", "edit", "late"}
    assert any(one.filled for one in told_changes if one.reason == "late")


def take_filled(told: RoomTold, stored: list[RoomMinute]) -> None:
    """What came late is worked out by hand; only while the CO2 of before still has its say, by the live engine."""
    first, last = at(LATE_DAY, LATE_FROM), at(LATE_DAY, LATE_TO)
    filled = {one.t_ms: one for one in stored if first <= one.t_ms < last}
    assert sorted(filled) == list(range(first, last, MINUTE))
    alone = first + ECHO_MIN * MINUTE
    for t_ms, one in filled.items():
        evidence = naively.by_motion(t_ms)
        assert one.direct is naively.moved(t_ms)
        if t_ms < alone:
            assert one.evidence is not None
            evidence = one.evidence
        assert one.evidence == pytest.approx(evidence, abs=0.001)
        told.evidence[t_ms] = (evidence, naively.moved(t_ms))
        told.people[t_ms] = one.people


def figures(one: LessonRecord) -> dict[str, object]:
    attendance, power = one.attendance, one.power
    return {
        "id": one.lesson,
        "expected": one.expected_people,
        "teachers": ", ".join(one.teacher_ids),
        "held": attendance.held,
        "empty_min": attendance.empty_min,
        "presence": one.coverage["presence"],
        "co2_mean": one.air.mean_ppm,
        "co2_peak": one.air.peak_ppm,
        "over_1000": one.air.over_limit_min,
        "over_1500": one.air.over_poor_min,
        "kwh": power.kwh,
        "display_min": power.display_min,
        "display_empty_min": power.display_empty_min,
        "start": attendance.actual_start_ms,
        "end": attendance.actual_end_ms,
        "people": attendance.people,
    }
