"""A day lived by a wrong timetable and corrected afterwards says what a hub that knew the right one had said.

What may differ is named in decision 0014: the live hub judges every few seconds, the correction once a minute.
"""

from collections.abc import AsyncIterator, Iterator
from datetime import date, timedelta
from pathlib import Path
from statistics import median

import pytest

from hub.db.engine import open_database
from hub.derived.due import Reason, next_due
from hub.derived.log import newest
from hub.derived.records import Records
from hub.live.engine import LiveEngine
from hub.live.lesson_record import LessonRecord
from hub.live.reading import Reading
from hub.school.plan import SchoolPlan
from hub.stores.duckdb import DuckDbSeries
from hub.stores.reader import SeriesReader
from hub.stores.series import Point, RoomMinute
from tests.hub.databases import Databases
from tests.hub.derived.term import FIRST, SCHOOL, Story, at
from tests.hub.derived.test_term import Term
from tests.hub.live.classroom import Classroom

DAY = timedelta(days=1)
TUESDAY = FIRST + DAY
FROM_MIN, TO_MIN = 390, 640  # before the first bell until after the fourth lesson
ROOMS = ("r1", "r2")
TICK_MS = 10_000
Minutes = dict[tuple[str, int], RoomMinute]


@pytest.fixture
async def hub(sqlite_databases: Databases, tmp_path: Path) -> AsyncIterator[Term]:
    engine = open_database(sqlite_databases.fresh(tmp_path))
    series = SeriesReader(DuckDbSeries(tmp_path / "series.duckdb"))
    made = Term(engine, series)
    await made.build()
    yield made
    await series.close()
    engine.dispose()


def held(story: Story) -> dict[str, set[int]]:
    """Minutes with a class, by room: two minutes late, one minute early."""
    found: dict[str, set[int]] = {room: set() for room in ROOMS}
    for one in story.lessons(TUESDAY):
        if one.room in found:
            found[one.room].update(range(one.start_min + 2, one.end_min - 1))
    return found


def sensed(story: Story) -> Iterator[tuple[int, str, dict[str, float]]]:
    """(time, device, values), a value of CO2 every half minute; r2 has motion as well."""
    inside = held(story)
    rooms = {room: classroom(inside[room], number) for number, room in enumerate(ROOMS)}
    start = at(TUESDAY, FROM_MIN)
    for step in range((TO_MIN - FROM_MIN) * 2):
        t_ms = start + step * 30_000
        for room in ROOMS:
            yield t_ms, f"air-{room}", {"co2_ppm": float(rooms[room].step(30))}
        if step % 2 == 0:
            yield t_ms + 1_000, "pir-r2", {"occupancy": float(FROM_MIN + step // 2 in inside["r2"])}


def classroom(inside: set[int], seed: int) -> Classroom:
    return Classroom(lambda minute: 28.0 if FROM_MIN + int(minute) in inside else 0.0, lambda _: 2.4, seed=seed)


def live(hub: Term, plan: SchoolPlan | None, told: list[tuple[int, str, dict[str, float]]]) -> Minutes:
    """What the live hub keeps of the day: judged every ten seconds, its minutes taken as they end."""
    engine = LiveEngine(hub.registry, lambda _: plan)
    found: Minutes = {}
    place = 0
    for now_ms in range(at(TUESDAY, FROM_MIN), at(TUESDAY, TO_MIN), TICK_MS):
        rows = []
        while place < len(told) and told[place][0] <= now_ms:
            t_ms, device, values = told[place]
            rows.append(Reading(SCHOOL, "gw1", device, t_ms, t_ms, dict(values)))
            place += 1
        engine.apply(rows, now_ms)
        engine.tick(now_ms)
        for one in engine.finished_minutes(now_ms):
            found[one.room, one.t_ms] = one
    return found


async def test_a_corrected_timetable_gives_what_the_right_one_had_given(hub: Term) -> None:
    story = Story(swapped_from=FIRST)
    told = list(sensed(story))
    hub.now_ms = at(FIRST, 0)
    hub.take_in(FIRST, None, "wrong")
    wrong = live(hub, hub.schools.schedule(SCHOOL), told)
    await hub.series.commit([Point(SCHOOL, d, t, dict(v), "e", n) for n, (t, d, v) in enumerate(told)], [])
    await hub.series.put_minutes(list(wrong.values()))
    hub.now_ms = at(TUESDAY + DAY, 60)
    hub.take_in(FIRST, ("r1", "r2"), "right")
    right = live(hub, hub.schools.schedule(SCHOOL), told)
    await hub.derive()
    corrected = {(one.room, one.t_ms): one for one in await stored(hub, TUESDAY)}
    assert said(right, wrong) > len(right) / 3  # the wrong plan mattered
    assert said(right, corrected) == 0
    assert right.keys() <= corrected.keys()
    apart = [abs(a - b) for a, b in figures(right, corrected, "people")]
    assert sum(off <= 2 for off in apart) >= 0.98 * len(apart)
    assert max(abs(a - b) for a, b in figures(right, corrected, "air_changes_per_h")) <= 0.5
    assert max(abs(a - b) for a, b in figures(right, wrong, "air_changes_per_h")) > 5
    records = [one for one in Records(hub.engine).of_day(SCHOOL, TUESDAY) if one.room in ROOMS and one.attendance.held]
    assert len(records) >= 5
    for one in records:
        people, air = lesson_of(right, one, "people"), lesson_of(right, one, "air_changes_per_h")
        assert one.attendance.people == pytest.approx(people, abs=1), one.lesson
        assert one.air.air_changes_per_h == pytest.approx(air, abs=0.1), one.lesson
    told_of = {one.reason: one for one in newest(hub.engine, SCHOOL, 10) if one.day == TUESDAY.isoformat()}
    assert told_of["plan"].statuses_changed > 0
    assert told_of["estimates"].filled > 0
    assert told_of["estimates"].changed > 0
    with hub.engine.connect() as connection:
        assert next_due(connection, hub.now_ms, 10) == []


async def test_what_comes_in_halves_is_told_as_if_it_had_come_whole(hub: Term) -> None:
    """A gateway was away for the day; the day is worked out while its rows still come, motion behind the air."""
    story = Story(swapped_from=FIRST)
    told = [Point(SCHOOL, d, t, dict(v), "e", n) for n, (t, d, v) in enumerate(sensed(story))]
    hub.now_ms = at(FIRST, 0)
    hub.take_in(FIRST, ("r1", "r2"), "right")
    hub.now_ms = at(TUESDAY + DAY, 60)
    await hub.series.commit([one for one in told if one.device != "pir-r2"], [])
    hub.ask(TUESDAY, Reason.LATE)
    await hub.derive()
    half = {(one.room, one.t_ms): one for one in await stored(hub, TUESDAY)}
    await hub.series.commit([one for one in told if one.device == "pir-r2"], [])
    hub.ask(TUESDAY, Reason.LATE)
    await hub.derive()
    whole = {(one.room, one.t_ms): one for one in await stored(hub, TUESDAY)}
    hub.ask(TUESDAY, Reason.LATE)
    await hub.derive()
    again = {(one.room, one.t_ms): one for one in await stored(hub, TUESDAY)}
    seen = live(hub, hub.schools.schedule(SCHOOL), list(sensed(story)))
    assert said(half, seen) > 5, "air alone tells less"
    assert said(whole, seen) == 0
    assert again == whole
    assert newest(hub.engine, SCHOOL, 1)[0].filled > 0


async def stored(hub: Term, day: date) -> list[RoomMinute]:
    return await hub.series.minutes(SCHOOL, None, at(day, 0), at(day + DAY, 0))


def said(one: Minutes, other: Minutes) -> int:
    """In how many minutes status or lesson is another."""
    both = [(one[key], other[key]) for key in one.keys() & other.keys()]
    return sum((a.status, a.lesson) != (b.status, b.lesson) for a, b in both)


def figures(one: Minutes, other: Minutes, name: str) -> list[tuple[float, float]]:
    both = [(getattr(one[key], name), getattr(other[key], name)) for key in one.keys() & other.keys()]
    return [(a, b) for a, b in both if a is not None and b is not None]


def lesson_of(minutes: Minutes, lesson: LessonRecord, name: str) -> float:
    inside = [
        value
        for (room, t_ms), one in minutes.items()
        if room == lesson.room and lesson.start_ms <= t_ms < lesson.end_ms
        if (value := getattr(one, name)) is not None and (name != "people" or value > 0)
    ]
    return float(median(inside))
