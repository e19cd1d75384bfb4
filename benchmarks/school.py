"""What plans of a province cost: `python -m benchmarks school`.

730 schools of 20 rooms, 548 pupils each (400,000 in all), every one with a timetable of 20 classes in two shifts and a
roster, in a real state database (SQLite). One school goes through the real imports; the others are copies of its rows
made in SQL, which costs the hub nothing and changes nothing that is measured here. Memory is that of a fresh process
that holds the days around now of every school, as the hub's live state does; look-ups are asked of a whole plan, at the
same instant and at random instants of the term (days touched once before).
"""

import gc
import multiprocessing
import random
import statistics
import tempfile
import time
from collections.abc import Callable
from datetime import UTC, date, datetime
from pathlib import Path

from sqlalchemy import Engine, text

from benchmarks.table import print_table
from hub.db.engine import open_database
from hub.db.models import Base
from hub.db.school_models import HeldRow
from hub.registry.model import Building, Room, School
from hub.registry.registry import Registry
from hub.school.importers.found import RosterImport, TimetableImport
from hub.school.journal import IMPORTS, Kind
from hub.school.problems import Findings
from hub.school.repository import Schools
from hub.school.roster import Enrolment, Org, Person, Roster, RosterClass, Session
from hub.school.timetable import Bell, Card, PlannedLesson, PlannedRoom, SchoolClass, Subject, Teacher, Timetable

SCHOOLS, ROOMS, CLASSES, PUPILS, TEACHERS, SUBJECTS = 730, 20, 20, 548, 40, 13
TERM_FIRST, TERM_LAST = date(2026, 9, 7), date(2027, 1, 16)
NOW_MS = round(datetime(2026, 11, 18, 2, tzinfo=UTC).timestamp() * 1000)  # a Wednesday, 9:00 in Việt Nam
DAY_MS = 86_400_000
ASKED = 20_000


def main(_seconds: float = 0.0, *, schools: int = SCHOOLS) -> None:
    """Prints the table; how long it takes follows from the schools, not from the clock."""
    with tempfile.TemporaryDirectory(prefix="classhub-bench-") as folder:
        url = f"sqlite:///{Path(folder) / 'state.db'}"
        imported_s = fill(url, schools)
        with multiprocessing.get_context("spawn").Pool(1) as fresh:
            figures = fresh.apply(measure, (url, schools))
    pupils = PUPILS * schools
    title = f"Plans of {schools} schools, {ROOMS * schools:,} rooms, {pupils:,} pupils (`benchmarks school`)"
    rows = [["import of a school's roster and timetable, s", f"{imported_s:.2f}", ""], *figures]
    print_table(title, ["what", "figure", "goal"], rows)


def fill(url: str, schools: int) -> float:
    """Seconds the one real import took."""
    engine = open_database(url)
    registry = Registry(engine)
    registry.add_school(School("s0", "THCS 0"))
    registry.add_building(Building("s0", "a", "Nhà A"))
    for number in range(ROOMS):
        registry.add_room(Room("s0", f"r{number}", f"P.{101 + number}", "a"))
    one = Schools(engine)
    begun = time.perf_counter()
    found = RosterImport("bench", "", {}, roster(), {}, Findings())
    one.take_in("s0", Kind.ROSTER, found, name="roster", digest="r", force=True, now_ms=NOW_MS - 40 * DAY_MS)
    planned = TimetableImport("bench", timetable(), {}, {}, Findings())
    one.take_in("s0", Kind.TIMETABLE, planned, name="plan", digest="t", force=True, now_ms=NOW_MS - 40 * DAY_MS)
    taken_s = time.perf_counter() - begun
    copy(engine, schools)
    engine.dispose()
    return taken_s


def copy(engine: Engine, schools: int) -> None:
    """The first school's rows under every other school's name."""
    tables = Base.metadata.tables
    held = [
        tables[mapper.class_.__tablename__] for mapper in Base.registry.mappers if issubclass(mapper.class_, HeldRow)
    ]
    others = [f"s{number}" for number in range(1, schools)]
    with engine.begin() as connection:
        connection.execute(text("CREATE TEMP TABLE others (id TEXT)"))
        if others:
            connection.execute(text("INSERT INTO others VALUES (:id)"), [{"id": one} for one in others])
        for table in (tables["school"], tables["building"], tables["room"], IMPORTS, *held):
            serial = "turn" in table.c or "import_id" in table.c
            names = [column.name for column in table.columns if not (serial and column.name in {"id", "turn"})]
            school = "id" if table.name == "school" else "school"
            chosen = ["others.id" if name == school else f't."{name}"' for name in names]
            said = ", ".join(f'"{name}"' for name in names)
            connection.execute(
                text(
                    f"INSERT INTO {table.name} ({said}) SELECT {', '.join(chosen)} "  # noqa: S608  our own names
                    f"FROM {table.name} t, others WHERE t.{school} = 's0'"
                )
            )


def measure(url: str, schools: int) -> list[list[str]]:
    """In a process that has done nothing else."""
    engine = open_database(url)
    shelf = Schools(engine)
    shelf.make_ready("s0", NOW_MS)  # what is loaded and prepared once is not a school's
    gc.collect()
    before_mb, begun = resident_mb(), time.perf_counter()
    each_ms = []
    for number in range(1, schools):
        started = time.perf_counter()
        shelf.make_ready(f"s{number}", NOW_MS)
        each_ms.append((time.perf_counter() - started) * 1000)
    gc.collect()
    ready_s, ready_mb = time.perf_counter() - begun, resident_mb() - before_mb
    started = time.perf_counter()
    plan, ready = shelf.schedule("s0"), shelf.known("s0")
    whole_ms = (time.perf_counter() - started) * 1000
    if plan is None or ready is None:
        raise RuntimeError("the school has no plan")
    started = time.perf_counter()
    lessons = len(plan.school_day(date(2026, 11, 17)).lessons)
    day_ms = (time.perf_counter() - started) * 1000
    rows = [
        [f"memory of the ready days of {schools - 1} schools, MB", f"{ready_mb:.0f}", "with all else at most 450"],
        ["making one school ready, ms (median)", f"{statistics.median(each_ms or [0]):.1f}", ""],
        ["making all ready, s", f"{ready_s:.1f}", ""],
        ["a whole plan of one school, ms", f"{whole_ms:.1f}", ""],
        [f"a day of it ({lessons} lessons), ms", f"{day_ms:.2f}", ""],
    ]
    classes, teachers = [one.id for one in plan.classes], [one.id for one in plan.teachers]
    rooms = [f"r{number}" for number in range(ROOMS)]
    asked: list[tuple[str, Callable[[str, int], object], list[str]]] = [
        ("at(room)", plan.at, rooms),
        ("at_class", plan.at_class, classes),
        ("at_teacher", plan.at_teacher, teachers),
    ]
    for name, ask, keys in asked:
        for when, span in (("now", 0), ("random days of the term", (TERM_LAST - TERM_FIRST).days)):
            rows.append([f"{name}, {when}, µs", f"{_look_up_us(ask, keys, span):.2f}", "5"])
    rows.append(["at(room) of the ready days, µs", f"{_look_up_us(ready.at, rooms, 0):.2f}", "5"])
    return rows


def resident_mb() -> float:
    pages = int(Path("/proc/self/statm").read_text(encoding="ascii").split()[1])
    return pages * 4096 / 1_000_000


def _look_up_us(ask: Callable[[str, int], object], keys: list[str], days: int) -> float:
    """Best of three rounds; every day is touched once before."""
    chance = random.Random(7)
    first_ms = round(datetime(TERM_FIRST.year, TERM_FIRST.month, TERM_FIRST.day, tzinfo=UTC).timestamp() * 1000)
    pairs = [
        (chance.choice(keys), first_ms + chance.randrange(days * DAY_MS) if days else NOW_MS) for _ in range(ASKED)
    ]
    rounds = []
    for _ in range(4):
        started = time.perf_counter()
        for key, t_ms in pairs:
            ask(key, t_ms)
        rounds.append((time.perf_counter() - started) / ASKED * 1e6)
    return min(rounds[1:])


def timetable() -> Timetable:
    """Two shifts of five periods, six days: ten classes in the morning, ten in the afternoon, some lessons double."""
    bells = tuple(
        Bell(str(n), f"Tiết {n}", str(n), start, start + 45)
        for n, start in enumerate((420, 470, 530, 580, 630, 750, 800, 860, 910, 960), 1)
    )
    lessons = {
        f"L{one}-{subject}": PlannedLesson(
            f"L{one}-{subject}", f"S{subject}", (f"C{one}",), teachers=(f"T{(one * 3 + subject) % TEACHERS}",)
        )
        for one in range(CLASSES)
        for subject in range(SUBJECTS)
    }
    cards = tuple(
        Card(
            f"L{one}-{(day * 2 + period // 2) % SUBJECTS}",
            (str(period + (5 if one % 2 else 0)),),
            "".join("1" if at == day else "0" for at in range(6)),
            "1",
            "1",
            (f"R{(one + (period > 3) * day) % ROOMS}",),
        )
        for one in range(CLASSES)
        for day in range(6)
        for period in range(1, 6)
    )
    return Timetable(
        bells=bells,
        rooms=tuple(PlannedRoom(f"R{n}", f"Phòng {101 + n}", str(101 + n)) for n in range(ROOMS)),
        subjects=tuple(Subject(f"S{n}", f"Môn học số {n}") for n in range(SUBJECTS)),
        teachers=tuple(Teacher(f"T{n}", f"Giáo viên Thứ {n}") for n in range(TEACHERS)),
        classes=tuple(SchoolClass(f"C{n}", f"{6 + n % 4}A{n}") for n in range(CLASSES)),
        lessons=tuple(lessons.values()),
        cards=cards,
    )


def roster() -> Roster:
    """A class a pupil, as Vietnamese schools have them."""
    stems = ("orgs", "academicSessions", "classes", "users", "enrollments")
    return Roster(
        orgs=(Org("o", "THCS", "school"),),
        sessions=(Session("hk1", "HK1", "semester", TERM_FIRST, TERM_LAST),),
        classes=tuple(RosterClass(f"K{n}", f"{6 + n % 4}A{n}") for n in range(CLASSES)),
        people=tuple(Person(f"P{n}", f"Học Sinh {n}", "Nguyễn Văn", "student", f"{n:06d}") for n in range(PUPILS)),
        enrolments=tuple(
            Enrolment(f"E{n}", f"K{n % CLASSES}", f"P{n}", "student", TERM_FIRST, None) for n in range(PUPILS)
        ),
        gone={stem: frozenset() for stem in stems},
    )
