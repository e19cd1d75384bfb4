"""Events of a UniTime room availability answer as lessons of their dates."""

from hub.school.importers.unitime_times import date_of, minute_of
from hub.school.importers.unitime_xml import Element, UniTime
from hub.school.problems import Findings
from hub.school.timetable import DatedCard, PlannedLesson, PlannedRoom, Subject, Timetable
from wire.text import Text


def read_events(document: UniTime, file: str, findings: Findings) -> tuple[Timetable, dict[str, int]]:
    """The timetable and its counts: lessons are distinct names of events, cards the events."""
    pattern = document.values.get("dateFormat") or "MM/dd/yyyy"
    rooms: dict[str, PlannedRoom] = {}
    dated: list[DatedCard] = []
    names: dict[str, None] = {}
    events = 0
    for element in document.rooms:
        room = room_of(element)
        if room is None:
            findings.error(file, Text("phòng không có tên", "a room without a name"), element.line, "roomNbr")
        elif room.id in rooms:
            said = Text(f"phòng {room.name} lặp lại: gộp làm một", f"room {room.name} appears again: taken as one")
            findings.warning(file, said, element.line, "externalId")
        if room is not None:
            rooms.setdefault(room.id, room)
        for event in element.all("event"):
            events += 1
            card = _card(event, room, pattern, file, findings)
            if card is not None:
                names[card.lesson] = None
                dated.append(card)
    timetable = Timetable(
        rooms=tuple(rooms.values()),
        subjects=tuple(Subject(name, name) for name in names),
        lessons=tuple(PlannedLesson(name, name) for name in names),
        dated=tuple(dated),
    )
    counts = dict.fromkeys(("periods", "teachers", "rooms", "classes", "groups"), 0)
    counts |= {"rooms": len(document.rooms), "lessons": len(names), "cards": events}
    return timetable, counts


def room_of(element: Element) -> PlannedRoom | None:
    """`building` and `roomNbr` are its name, `externalId` its id; None where nothing names it."""
    name = " ".join(part for part in (element.get("building"), element.get("roomNbr")) if part) or element.get("name")
    identifier = element.get("externalId", "id") or name
    if not identifier:
        return None
    short = identifier if identifier != name else ""
    capacity = element.get("capacity")
    seats = int(capacity) if capacity.isascii() and capacity.isdigit() and len(capacity) < 6 else None  # noqa: PLR2004
    return PlannedRoom(identifier, name or identifier, short, seats)


def _card(event: Element, room: PlannedRoom | None, pattern: str, file: str, findings: Findings) -> DatedCard | None:
    day = date_of(event.get("date"), pattern, None)
    start, end = minute_of(event.get("startTime")), minute_of(event.get("endTime"))
    if day is None:
        said = Text(f"ngày “{event.get('date')}” không có thật", f"{event.get('date')!r} is no date ({pattern})")
        findings.error(file, said, event.line, "date")
        return None
    if start is None or end is None:
        column = "startTime" if start is None else "endTime"
        said = Text(f"“{event.get(column)}” không phải giờ", f"{event.get(column)!r} is no time of day")
        findings.error(file, said, event.line, column)
        return None
    end = end or 24 * 60  # an event until 0:00 ends with the day
    if end <= start:
        said = Text("kết thúc không sau bắt đầu", "it does not end after its start")
        findings.error(file, said, event.line, "endTime")
        return None
    name = event.get("name", "type") or "?"
    return DatedCard(name, day, start, end, (room.id,) if room else (), event.line)
