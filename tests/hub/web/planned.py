"""A stand whose timetable is a real one: an aSc export imported, a week of lesson records and minutes beneath it.

The week is made up by rule, so that every outcome a page can show is there; nothing of the hub is replaced but what is
live.
"""

from collections.abc import Callable, Sequence
from functools import lru_cache
from itertools import product
from pathlib import Path
from tempfile import TemporaryDirectory
from xml.sax.saxutils import quoteattr

import msgspec

from hub.db.derived_models import LessonRecordRow
from hub.db.engine import open_database
from hub.live.lesson_record import Air, Attendance, LessonRecord, Power, Surroundings
from hub.live.views import RoomStatus
from hub.registry.model import Room
from hub.registry.registry import Registry
from hub.school.model import Lesson
from hub.school.plan import SchoolPlan
from hub.school.repository import Schools
from hub.stores.duckdb import DuckDbSeries
from hub.stores.series import RoomMinute
from tests.hub.web.doubles import (
    MIN,
    PERIODS,
    ROOMS,
    SCHOOL,
    SUBJECTS,
    TEACHERS,
    Stand,
    build,
    config_of,
    school_state,
    state_file,
)

DAY_MS = 86_400_000
RECORDS = LessonRecordRow.metadata.tables["lesson_record"]
CLASSES = tuple(f"{grade}A{number}" for grade in range(6, 10) for number in range(1, 4))


def planned_stand(folder: Path, clock: Callable[[], int], *, open_reading: bool = True) -> Stand:
    """As `build`, with the timetable below imported an hour ago."""
    stand = build(folder, DuckDbSeries, clock=clock, open_reading=open_reading, state=_planned_state(clock()))
    stand.hub.schools = Schools(stand.hub.engine)
    stand.hub.schools.make_ready(SCHOOL, clock())
    return stand


@lru_cache(maxsize=1)
def _planned_state(now_ms: int) -> bytes:
    """The database file with the timetable in it: imported once, copied for each stand."""
    with TemporaryDirectory() as name:
        folder = Path(name)
        state_file(folder).write_bytes(school_state(ROOMS, now_ms))
        engine = open_database(config_of(folder).state_url)
        path = folder / "tkb.xml"
        path.write_text(timetable_xml(Registry(engine).rooms(SCHOOL)), encoding="utf-8")
        result = Schools(engine).import_timetable(SCHOOL, path, now_ms - 60 * MIN, force=True)
        assert result.status == "applied", result
        engine.dispose()
        return state_file(folder).read_bytes()


def timetable_xml(rooms: Sequence[Room], *, sixth: str = "Toán") -> str:
    """Five days of nine periods; each room has its class most of the time, Friday's last lessons only in A weeks."""
    lessons: dict[str, str] = {}
    cards = []
    for at, room in enumerate(rooms):
        for day, number in product(range(5), range(len(PERIODS))):
            if (at * 7 + number * 3 + day) % 5 == 0:
                continue
            pick = (at * 3 + number + 2 * day) % len(SUBJECTS)
            teacher, lesson = (pick + at) % len(TEACHERS), f"L{at}-{pick}"
            lessons[lesson] = _tag(
                "lesson", id=lesson, subjectid=f"S{pick}", classids=f"C{at % len(CLASSES)}", teacherids=f"T{teacher}"
            )
            weeks = "10" if day == 4 and number > 6 else "11"
            days = "".join("1" if each == day else "0" for each in range(5))
            where = {"classroomids": room.id, "period": str(number + 1)}
            cards.append(_tag("card", lessonid=lesson, weeks=weeks, terms="1", days=days, **where))
    subjects = (sixth, *SUBJECTS[1:])
    tables = {
        "periods": [
            _tag("period", name=name, short=str(n), period=str(n), starttime=_clock(at), endtime=_clock(at + 45))
            for n, (name, at) in enumerate(PERIODS, start=1)
        ],
        "weeksdefs": [_tag("weeksdef", id="W", name="Mọi tuần", short="M", weeks="11")],
        "subjects": [_tag("subject", id=f"S{n}", name=one) for n, one in enumerate(subjects)],
        "teachers": [_tag("teacher", id=f"T{n}", name=one) for n, one in enumerate(TEACHERS)],
        "classrooms": [_tag("classroom", id=one.id, name=one.name) for one in rooms],
        "classes": [_tag("class", id=f"C{n}", name=one) for n, one in enumerate(CLASSES)],
        "lessons": list(lessons.values()),
        "cards": cards,
    }
    inner = "\n".join(f"<{name}>{''.join(rows)}</{name}>" for name, rows in tables.items())
    head = '<?xml version="1.0" encoding="UTF-8"?><timetable importtype="database" options="idprefix:X,daynumbering1">'
    return f"{head}{inner}</timetable>"


def _tag(name: str, /, **attributes: str) -> str:
    return f"<{name} " + " ".join(f"{key}={quoteattr(value)}" for key, value in attributes.items()) + "/>"


def _clock(minute: int) -> str:
    return f"{minute // 60}:{minute % 60:02d}"


def plan_of(stand: Stand) -> SchoolPlan:
    plan = stand.hub.schools.schedule(SCHOOL)
    assert isinstance(plan, SchoolPlan)
    return plan


def lived(stand: Stand, room: str, now_ms: int) -> list[Lesson]:
    """Records of that room's lessons of this day and the one before: on time, late, empty, not measured, in turn.

    Between the first lessons of today that room was used without a lesson.
    """
    plan = plan_of(stand)
    lessons = [one for t_ms in (now_ms - DAY_MS, now_ms) for one in plan.day(room, t_ms) if one.end_ms <= now_ms]
    with stand.hub.engine.begin() as connection:
        for place, lesson in enumerate(lessons):
            connection.execute(RECORDS.insert().values(**_row(record(lesson, place % 4))))
    return lessons


def used(stand: Stand, room: str, from_ms: int, minutes: int, people: float = 17.0) -> None:
    """Minutes in which the room was used without a lesson."""
    status = RoomStatus.OCCUPIED_UNSCHEDULED.value
    stand.store.put_minutes(
        [RoomMinute(SCHOOL, room, from_ms + at * MIN, status, people, None) for at in range(minutes)]
    )


def record(lesson: Lesson, kind: int) -> LessonRecord:
    """0: held; 1: late and cut short; 2: empty; 3: too little known."""
    late, early = (12 * MIN, 15 * MIN) if kind == 1 else (0, 0)
    held = {0: True, 1: True, 2: False, 3: None}[kind]
    seen = Attendance(held=held, empty_min=45 if held is False else 0)
    if held:
        seen = Attendance(True, lesson.start_ms + late, lesson.end_ms - early, 34.0, 30.0, 38.0, 0)
    return LessonRecord(
        school=SCHOOL, day=lesson.id.rpartition("@")[2][:10], room=lesson.room, lesson=lesson.id, period=lesson.period,
        subject=lesson.subject, classes=lesson.classes, class_ids=lesson.class_ids, teacher_ids=lesson.teacher_ids,
        change=lesson.change, start_ms=lesson.start_ms, end_ms=lesson.end_ms, expected_people=38, attendance=seen,
        air=Air(mean_ppm=1_020.0, peak_ppm=1_730.0 if kind == 0 else 1_240.0, over_limit_min=22) if held else Air(),
        surroundings=Surroundings(), power=Power(), coverage={"presence": 0.2 if held is None else 0.96}, missing={},
    )  # fmt: skip


def _row(of: LessonRecord) -> dict[str, object]:
    return {
        "school": of.school, "day": of.day, "room": of.room, "lesson": of.lesson, "start_ms": of.start_ms,
        "end_ms": of.end_ms, "record": msgspec.to_builtins(of),
    }  # fmt: skip
