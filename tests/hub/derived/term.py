"""A simulated term: three rooms, twelve weeks, what was planned and what really happened.

Of the hub it knows only the shapes in which plans are imported.
"""

import random
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from functools import cache
from zoneinfo import ZoneInfo

from hub.school.calendar import CalendarDay, DayKind
from hub.school.timetable import Bell, Card, PlannedLesson, PlannedRoom, SchoolClass, Subject, Teacher, Timetable

ZONE = ZoneInfo("Asia/Ho_Chi_Minh")
SCHOOL = "le-loi"
ROOMS = ("r1", "r2", "r3")
FIRST = date(2026, 9, 7)  # a Monday, of an odd ISO week
WEEKS = 12
MINUTE = 60_000
BELLS = {1: (420, 465), 2: (470, 515), 3: (525, 570), 4: (575, 620), 5: (810, 855)}
FROM_MIN, TO_MIN = 6 * 60, 16 * 60  # sensors are on in these hours
PUPILS = 30


@cache
def at(day: date, minute: int) -> int:
    local = datetime(day.year, day.month, day.day, minute // 60, minute % 60, tzinfo=ZONE)
    return int(local.timestamp()) * 1000


@dataclass(frozen=True)
class Slot:
    """A lesson of the week: `week` is "A", "B" or "" for both."""

    room: str
    weekday: int
    period: int
    week: str = ""
    shift: int = 0  # an edition of the timetable may place its lesson in another room

    @property
    def id(self) -> str:
        return f"{self.room}-{self.weekday}-{self.period}{self.week}"


def slots(moved: tuple[str, str] | None = None) -> list[tuple[Slot, str]]:
    """Every slot with the room it is held in; `moved` swaps two rooms on Tuesdays."""
    found: list[tuple[Slot, str]] = []
    for number, room in enumerate(ROOMS):
        for weekday in range(5):
            for period in BELLS:
                if (number + weekday + period) % 3 == 0:
                    continue
                where = room
                if moved and weekday == 1 and room in moved:
                    where = moved[1 - moved.index(room)]
                weeks = ("A", "B") if period == 3 else ("",)
                found.extend((Slot(room, weekday, period, week), where) for week in weeks)
    return found


def timetable(moved: tuple[str, str] | None = None) -> Timetable:
    """What a school system would export."""
    placed = slots(moved)
    masks = {"": "11", "A": "10", "B": "01"}
    return Timetable(
        bells=tuple(Bell(str(n), f"Tiết {n}", str(n), start, end) for n, (start, end) in BELLS.items()),
        rooms=tuple(PlannedRoom(room, room) for room in ROOMS),
        subjects=(Subject("toan", "Toán"),),
        teachers=(Teacher("t1", "Thầy Nam"), Teacher("t2", "Cô Lan")),
        classes=tuple(SchoolClass(f"c-{room}", f"Lớp {room}", "", PUPILS) for room in ROOMS),
        lessons=tuple(PlannedLesson(s.id, "toan", (f"c-{s.room}",), (), ("t1",)) for s, _ in placed),
        cards=tuple(
            Card(s.id, (str(s.period),), "".join("1" if d == s.weekday else "0" for d in range(5)), masks[s.week], "1",
                 (where,))
            for s, where in placed
        ),
    )  # fmt: skip


@dataclass(frozen=True)
class Held:
    """A lesson as it is really planned on a date after everything that was said of it."""

    day: date
    room: str
    start_min: int
    end_min: int
    id: str
    expected: int | None = PUPILS + 1
    teachers: tuple[str, ...] = ("t1",)


@dataclass
class Story:
    """What is said of dates: the test's own way to the lessons of a day, card by card and without indexes."""

    holidays: set[date] = field(default_factory=set)
    half_days: dict[date, int] = field(default_factory=dict)
    runs_as: dict[date, int] = field(default_factory=dict)
    cancelled: set[tuple[date, str]] = field(default_factory=set)
    rooms: dict[tuple[date, str], str] = field(default_factory=dict)
    teachers: dict[tuple[date, str], str] = field(default_factory=dict)
    swapped_from: date = date.max  # from then on two rooms change places on Tuesdays

    def lessons(self, day: date) -> list[Held]:
        weekday = self.runs_as.get(day, day.weekday())
        if day in self.holidays or weekday > 4:
            return []
        week = "A" if day.isocalendar().week % 2 else "B"
        found = []
        for slot, where in slots(("r1", "r2") if day >= self.swapped_from else None):
            start, end = BELLS[slot.period]
            if slot.weekday != weekday or slot.week not in {"", week} or (day, slot.id) in self.cancelled:
                continue
            if end > self.half_days.get(day, 24 * 60):
                continue
            name = f"{slot.id}@{day.isoformat()}T{start:04d}"
            room = self.rooms.get((day, slot.id), where)
            teacher = self.teachers.get((day, slot.id), "t1")
            found.append(Held(day, room, start, end, name, teachers=(teacher,)))
        return found

    def hours(self, day: date) -> tuple[int, int] | None:
        """All bells of the day are used by some room; a half day ends with its last lesson."""
        weekday = self.runs_as.get(day, day.weekday())
        if day in self.holidays or weekday > 4:
            return None
        return 420, 620 if day in self.half_days else 855

    def calendar(self) -> list[CalendarDay]:
        days = [CalendarDay(day, DayKind.HOLIDAY, "Nghỉ lễ") for day in sorted(self.holidays)]
        days += [CalendarDay(day, title="Nửa ngày", until_min=until) for day, until in sorted(self.half_days.items())]
        return days + [CalendarDay(day, title="Học bù", weekday=as_) for day, as_ in sorted(self.runs_as.items())]


@dataclass(frozen=True)
class Sensed:
    """One minute of one room as sensors told it."""

    t_ms: int
    evidence: float | None
    direct: bool
    people: float | None


def sensed(story: Story, room: str, day: date, chance: random.Random) -> list[Sensed]:
    """People come a little late, sometimes not at all, and sometimes when nothing is planned; sensors fail at times."""
    there: set[int] = set()
    for lesson in story.lessons(day):
        if lesson.room == room and chance.random() < 0.9:
            there.update(range(lesson.start_min + chance.randint(-3, 6), lesson.end_min + chance.randint(-6, 3)))
    if chance.random() < 0.3:
        start = chance.randint(FROM_MIN, TO_MIN - 60)
        there.update(range(start, start + chance.randint(5, 50)))
    dead = range(start := chance.randrange(FROM_MIN, TO_MIN, 15), start + chance.choice((0, 0, 0, 4, 30)))
    found = []
    for minute in range(FROM_MIN, TO_MIN):
        if minute in dead:
            if chance.random() < 0.5:
                found.append(Sensed(at(day, minute), None, False, None))
            continue
        inside = minute in there
        level = chance.gauss(2.5, 1.2) if inside else chance.gauss(-2.2, 1.2)
        people = float(chance.randint(24, 31)) if inside else 0.0
        found.append(Sensed(at(day, minute), level, inside and chance.random() < 0.5, people))
    return found


def days() -> list[date]:
    return [FIRST + timedelta(days=number) for number in range(7 * WEEKS)]
