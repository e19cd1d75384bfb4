"""Every timetable of ../shared/data: lessons of every room on every day of a fortnight against readers of its own.

The readers here share nothing with the importers: ElementTree and attributes, lines of text, a table of columns.
"""

import csv
import re
from collections import Counter
from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from xml.etree import ElementTree as ET
from zoneinfo import ZoneInfo

import pytest

from hub.school.importers.formats import read_timetable
from hub.school.sessions import sessions

Lessons = Counter[tuple[date, str, str | None]]  # date, name of the room, start
DAYS = 14


def clock(text: str) -> str:
    digits = text.replace(":", "").zfill(4)
    return f"{digits[:2]}:{digits[2:]}"


def asc(path: Path, first: date) -> Lessons:
    """Cards by their masks; odd ISO weeks are the first character. Cards of periods that are not there do not count."""
    root = ET.parse(path).getroot()  # noqa: S314  compared with, not imported
    starts = {one.get("period"): clock(one.get("starttime", "")) for one in root.iter("period")}
    rooms = {one.get("id"): one.get("name", "") for one in root.iter("classroom")}
    found: Lessons = Counter()
    for day in (first + timedelta(days=number) for number in range(DAYS)):
        for card in root.iter("card"):
            days, weeks = card.get("days", ""), card.get("weeks", "1")
            week = weeks[(day.isocalendar().week - 1) % 2 % len(weeks)]
            if days[day.weekday() :][:1] == week == "1" and card.get("period") in starts:
                for room in filter(None, card.get("classroomids", "").split(",")):
                    found[day, rooms[room], starts[card.get("period")]] += 1
    return found


def calendar(path: Path, first: date) -> Lessons:
    """Single events: folded lines put together, UTC or local times as they are, one room each."""
    text = re.sub(r"\r?\n[ \t]", "", path.read_text("utf-8"))
    zone = ZoneInfo("Europe/Vienna")  # the zone the Munich files name; those of Leeds have local times only
    found: Lessons = Counter()
    for block in text.split("BEGIN:VEVENT")[1:]:
        [stamp] = re.findall(r"^DTSTART[^:\n]*:(\S+)", block, re.MULTILINE)
        moment = datetime.strptime(stamp.rstrip("Z"), "%Y%m%dT%H%M%S")  # noqa: DTZ007  as written
        if stamp.endswith("Z"):
            moment = moment.replace(tzinfo=UTC).astimezone(zone).replace(tzinfo=None)
        place = re.search(r"^LOCATION[^:\n]*:(.*)", block, re.MULTILINE)
        room = " ".join(re.sub(r"\\(.)", r"\1", place[1].replace("\\n", ", ")).split()) if place else ""
        if room and first <= moment.date() < first + timedelta(days=DAYS):
            found[moment.date(), room, f"{moment:%H:%M}"] += 1
    return found


def unitime(path: Path, first: date) -> Lessons:
    """Classes by their dates and weekdays, events by their date."""
    root = ET.parse(path).getroot()  # noqa: S314  compared with, not imported
    letters = {"M": 0, "T": 1, "W": 2, "R": 3, "F": 4}
    found: Lessons = Counter()
    days = [first + timedelta(days=number) for number in range(DAYS)]
    for one in root.iter("class"):
        spans = [(as_date(each.get("startDate", "")), as_date(each.get("endDate", ""))) for each in one.iter("date")]
        for time in one.iter("time"):
            wanted = {letters[letter] for letter in time.get("days", "").replace("Th", "R")}
            on = [day for day in days if day.weekday() in wanted]
            on = [day for day in on if not spans or any(begin <= day <= end for begin, end in spans)]
            names = [f"{room.get('building')} {room.get('roomNbr')}" for room in one.iter("room")]
            for name in names + [room.get("name", "") for room in one.iter("location")]:
                found.update((day, name, clock(time.get("startTime", ""))) for day in on)
    for room in root.iter("room"):
        name = f"{room.get('building')} {room.get('roomNbr')}"
        for event in room.iter("event"):
            day = as_date(event.get("date", ""))
            if day in days:
                found[day, name, clock(event.get("startTime", ""))] += 1
    return found


def as_date(text: str) -> date:
    """MM/dd/yyyy; without a year it is that of the class timetable."""
    month, day, year = (int(part) for part in f"{text}/2007".split("/")[:3])
    return date(year, month, day)


def untis(path: Path, first: date) -> Lessons:
    """Rows of one lesson and subject at one time are one lesson; there are no bells."""
    found: Lessons = Counter()
    with path.open(encoding="utf-8-sig", newline="") as stream:
        rows = {(row[0], row[3], room, int(row[5]), row[6]) for row in csv.reader(stream, delimiter=";")
                for room in row[4].split("~") if room}  # fmt: skip
    for day in (first + timedelta(days=number) for number in range(DAYS)):
        found.update((day, room, None) for _, _, room, weekday, _ in rows if weekday == day.isoweekday())
    return found


FILES: list[tuple[str, date, Callable[[Path, date], Lessons], int]] = [
    ("asc/asc_brazil_institute.xml", date(2026, 9, 7), asc, 1_838),
    ("ics/leeds_tds/timetable.ics", date(2024, 2, 12), calendar, 3),
    ("ics/tum/coursefiltering.ics", date(2023, 1, 2), calendar, 2),
    ("ics/tum/duplication.ics", date(2023, 1, 2), calendar, 2),
    ("ics/tum/location.ics", date(2023, 1, 2), calendar, 2),
    ("ics/tum/nameshortening.ics", date(2023, 1, 2), calendar, 1),
    ("ics/tum/timeadjustment.ics", date(2023, 10, 16), calendar, 1),
    ("unitime/courseTimetableExport.xml", date(2007, 8, 20), unitime, 16),
    ("unitime/roomAvailabilityResponse.xml", date(2010, 12, 6), unitime, 9),
]


@pytest.mark.parametrize(("name", "first", "reader", "lessons"), FILES, ids=[one[0] for one in FILES])
def test_every_room_and_day_of_a_fortnight(
    shared_data: Path, name: str, first: date, reader: Callable[[Path, date], Lessons], lessons: int
) -> None:
    path = shared_data / "timetables" / name
    timetable = read_timetable(path).timetable
    expected = reader(path, first)
    found: Lessons = Counter()
    for day in (first + timedelta(days=number) for number in range(DAYS)):
        for room in timetable.rooms:
            found.update((day, room.name, one.start) for one in sessions(timetable, day, {room.id}))
    assert found == expected
    assert found.total() == lessons


def test_an_untis_week_of_a_large_school(tmp_path: Path) -> None:
    """No export of Untis is in ../shared/data now: rows as theirs, lessons of several classes and rooms among them."""
    path = tmp_path / "GPU001.TXT"
    rows = [
        f'{number % 300};"{number % 12 + 5}a";"T{number % 90}";"F{number % 40}";"R{number % 61}~R{number % 7}";'
        f"{number % 5 + 1};{number % 11};;"
        for number in range(700)
    ]
    path.write_text("\r\n".join(rows), "utf-8")
    expected = untis(path, date(2026, 9, 7))
    timetable = read_timetable(path).timetable
    found: Lessons = Counter()
    for day in (date(2026, 9, 7) + timedelta(days=number) for number in range(DAYS)):
        for room in timetable.rooms:
            found.update((day, room.name, one.start) for one in sessions(timetable, day, {room.id}))
    assert found == expected
    assert found.total() > 1_000


def test_no_timetable_is_left_out(shared_data: Path) -> None:
    folder = shared_data / "timetables"
    here = {str(one.relative_to(folder)) for one in folder.rglob("*") if one.suffix in {".xml", ".ics", ".TXT"}}
    assert here == {name for name, *_ in FILES}
