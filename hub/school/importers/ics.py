"""iCalendar files: lessons of their dates, rooms out of LOCATION, whole days as holidays.

Source: RFC 5545 and the icalendar library; real calendars in ../shared/data/timetables/ics. Local times are those of
the school, else of the calendar itself (X-WR-TIMEZONE, or the one zone its events name).
Errors: Unreadable for the whole file; everything smaller is a Problem and the rest is imported.
"""

import hashlib
import re
from collections import Counter, defaultdict
from datetime import UTC, date, datetime
from pathlib import Path
from zoneinfo import ZoneInfo

from hub.school.calendar import CalendarDay, DayKind
from hub.school.importers.found import TimetableImport
from hub.school.importers.ics_events import Events, Happening, Told
from hub.school.importers.ics_free import FreeDays
from hub.school.importers.ics_lines import Component, read_components
from hub.school.importers.ics_words import Words, is_holiday, short_of, words
from hub.school.importers.ics_zones import DEFAULT_ZONE, Clock, Zones
from hub.school.importers.source import Source
from hub.school.problems import Findings, refuse
from hub.school.timetable import DatedCard, PlannedLesson, PlannedRoom, SchoolClass, Subject, Teacher, Timetable
from wire.text import Text

FORMAT = "ics"
MAX_ID = 120
_BEGIN = re.compile(rb"^\W*BEGIN\s*:\s*V[A-Z]+", re.IGNORECASE | re.MULTILINE)


def is_ics(source: Source) -> bool:
    return _BEGIN.search(source.head) is not None


def read_ics(path: Path, zone: str = "", today: date | None = None) -> TimetableImport:
    """Raises Unreadable and OSError. `zone`: the school's; `today`: what rules without an end are followed beyond."""
    findings = Findings()
    root = read_components(path, findings)
    calendars = list(root.within("VCALENDAR"))
    events = list(root.within("VEVENT"))
    if not calendars and not events and not root.inside:
        raise refuse(path.name, Text("không phải tệp iCalendar", "not an iCalendar file"))
    if not events:
        findings.warning(path.name, Text("không có sự kiện (VEVENT)", "there is no event (VEVENT)"), 1)
    zones = Zones([root])
    home = zone or _own_zone(calendars, events, zones) or DEFAULT_ZONE
    said = {id(event): calendar for calendar in calendars for event in calendar.within("VEVENT")}
    expansion = Events(Clock(zones, ZoneInfo(home)), today or datetime.now(UTC).date(), path.name, findings)
    found = expansion.happenings([_told(event, said.get(id(event)), zones) for event in events])
    _note_missing(events, path.name, findings)
    builder = _Builder(path.name, findings, " ".join(one.text("X-WR-CALNAME") for one in calendars))
    for one in found:
        builder.add(one)
    timetable = builder.timetable()
    counts = _counts(events, timetable, expansion)
    assumed = _assumed(home, expansion, timetable, told=bool(zone))
    return TimetableImport(FORMAT, timetable, counts, {}, findings, assumed=assumed, timezone=home)


def _told(event: Component, calendar: Component | None, zones: Zones) -> Told:
    if calendar is None:
        return Told(event)
    return Told(event, calendar.text("METHOD").upper() == "CANCEL", zones.key(calendar.text("X-WR-TIMEZONE")))


def _own_zone(calendars: list[Component], events: list[Component], zones: Zones) -> str:
    """The zone the calendar names for itself, else the one most of its events are in."""
    for calendar in calendars:
        if key := zones.key(calendar.text("X-WR-TIMEZONE")):
            return key
    named = Counter(
        start.parameters["TZID"] for event in events if (start := event.first("DTSTART")) and "TZID" in start.parameters
    )
    return next((key for name, _ in named.most_common() if (key := zones.key(name))), "")


def _note_missing(events: list[Component], file: str, findings: Findings) -> None:
    for name in ("UID", "DTSTAMP"):
        without = [event for event in events if event.first(name) is None]
        if without:
            said = Text(f"{len(without)} sự kiện không có {name}", f"{len(without)} events without {name}")
            findings.note(file, said, without[0].line, name)


def _counts(events: list[Component], timetable: Timetable, expansion: Events) -> dict[str, int]:
    uids = {event.text("UID") or f"line {event.line}" for event in events}
    return {
        "periods": 0,
        "teachers": len(timetable.teachers),
        "rooms": len(timetable.rooms),
        "classes": len(timetable.classes),
        "groups": 0,
        "subjects": len(timetable.subjects),
        "lessons": len(uids),
        "cards": len(events),
        "dated": len(timetable.dated),
        "days": len(timetable.days),
        "cancelled": expansion.cancelled,
        "repeated": expansion.repeated,
    }


def _assumed(home: str, expansion: Events, timetable: Timetable, *, told: bool) -> tuple[Text, ...]:
    assumed = []
    if timetable.dated and not told:
        assumed.append(Text(f"giả định: giờ địa phương là giờ {home}", f"assumed: local times are those of {home}"))
    if expansion.floating:
        number = expansion.floating
        said = Text(
            f"giả định: {number} sự kiện không ghi múi giờ, hiểu là giờ địa phương",
            f"assumed: {number} events without a time zone are in local time",
        )
        assumed.append(said)
    return tuple(assumed)


class _Builder:
    """Gathers what events name; an event with other words in one instance is a lesson of its own."""

    def __init__(self, file: str, findings: Findings, calendar: str) -> None:
        self._file, self._findings, self._calendar = file, findings, calendar
        self._words: dict[int, Words] = {}
        self._forms: defaultdict[str, dict[Words, PlannedLesson]] = defaultdict(dict)
        self._cards: dict[tuple[str, date, int, int, tuple[str, ...]], DatedCard] = {}
        self._days: dict[date, CalendarDay] = {}
        self._free = FreeDays()
        self._told: set[int] = set()
        self._taught: dict[tuple[str, date, int, int], int] = {}
        self._names: dict[str, dict[str, None]] = {one: {} for one in ("rooms", "subjects", "teachers", "classes")}

    def add(self, happening: Happening) -> None:
        if happening.whole_day:
            self._day(happening)
            return
        said = self._words.get(id(happening.event)) or words(happening.event)
        self._words[id(happening.event)] = said
        lesson = self._lesson(happening.event, said)
        start = happening.start.hour * 60 + happening.start.minute
        seconds = (happening.end - datetime.combine(happening.start.date(), datetime.min.time())).total_seconds()
        end = min(-int(-seconds // 60), 24 * 60)
        card = DatedCard(lesson.id, happening.start.date(), start, end, said.rooms, happening.event.line)
        same = (lesson.subject, card.day, start, end, said.rooms)
        if same in self._cards and self._cards[same].row != card.row:
            row = self._cards[same].row
            self._tell(
                card,
                Text(f"trùng với sự kiện ở dòng {row}: lấy một", f"the same as the event of line {row}: one is taken"),
            )
            return
        row = self._taught.setdefault(same[:4], card.row)
        if row != card.row:
            text = Text(
                f"cùng môn, cùng giờ với dòng {row}, ở phòng khác",
                f"the same lesson at the same time as in line {row}, in another room",
            )
            self._tell(card, text)
        self._cards.setdefault(same, card)

    def _tell(self, card: DatedCard, text: Text) -> None:
        """Once an event, however often it repeats."""
        if card.row not in self._told:
            self._told.add(card.row)
            self._findings.warning(self._file, text, card.row, "DTSTART")

    def _lesson(self, event: Component, said: Words) -> PlannedLesson:
        uid = event.text("UID") or f"line-{event.line}"
        if len(uid) > MAX_ID:
            uid = hashlib.blake2b(uid.encode("utf-8", "replace"), digest_size=12).hexdigest()
        forms = self._forms[uid]
        about = Words(said.subject, said.classes, said.teachers)
        if about not in forms:
            identifier = f"{uid}.{len(forms) + 1}" if forms else uid
            forms[about] = PlannedLesson(identifier, said.subject, said.classes, (), said.teachers)
        for name, values in (("subjects", (said.subject,)), ("classes", said.classes), ("teachers", said.teachers)):
            self._names[name] |= dict.fromkeys(one for one in values if one)
        self._names["rooms"] |= dict.fromkeys(said.rooms)
        return forms[about]

    def _day(self, happening: Happening) -> None:
        event = happening.event
        if not is_holiday(event, self._calendar):
            if event.line not in self._told:
                self._told.add(event.line)
                text = Text(
                    "sự kiện cả ngày, không có chữ nghỉ hay lễ: không đổi lịch học",
                    "a whole day that is not called a holiday: lessons stay as they are",
                )
                self._findings.note(self._file, text, event.line, "DTSTART")
            return
        title = words(event).subject
        first, end = happening.start.date().toordinal(), happening.end.date().toordinal()
        while (first := self._free.of(first)) < end:
            day = date.fromordinal(first)
            self._days[day] = CalendarDay(day, DayKind.HOLIDAY, title)
            self._free.take(first)

    def timetable(self) -> Timetable:
        cards = sorted(self._cards.values(), key=lambda card: (card.day, card.start_min, card.row))
        return Timetable(
            rooms=tuple(PlannedRoom(name, name, short_of(name)) for name in self._names["rooms"]),
            subjects=tuple(Subject(name, name) for name in self._names["subjects"]),
            teachers=tuple(Teacher(name, name) for name in self._names["teachers"]),
            classes=tuple(SchoolClass(name, name) for name in self._names["classes"]),
            lessons=tuple(lesson for forms in self._forms.values() for lesson in forms.values()),
            dated=tuple(cards),
            days=tuple(self._days[day] for day in sorted(self._days)),
        )
