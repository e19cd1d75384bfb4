"""The slow way to say what runs in a room: minute by minute, from the timetable as it stands; nothing is prepared."""

from collections.abc import Iterable
from datetime import date, datetime
from zoneinfo import ZoneInfo

from hub.school.calendar import CalendarDay, DayKind
from hub.school.changes import ChangeKind, DayChange
from hub.school.timetable import Card, Timetable

ZONE = ZoneInfo("Asia/Ho_Chi_Minh")
ROOM_OF = {"R1": "r1", "R2": "r2"}  # of the timetable's rooms, those the registry has
Run = tuple[int, int]
Names = tuple[str, ...]
Found = tuple[int, int, str, str, Names, str, Names]  # start, end, lesson, subject, teachers, change, relieved


def runs_in(timetable: Timetable, by_hand: Timetable, room: str, day: date) -> list[Found]:
    """Lessons of the room on that day, by start and name."""
    found: list[Found] = []
    said = _said(timetable, by_hand, day)
    if said is None or said.kind is not DayKind.HOLIDAY:
        until = said.until_min if said is not None and said.until_min is not None else 2 * 1440
        for lesson in timetable.lessons:
            for start, end, places in _times(timetable, by_hand, lesson.id, day, said):
                if start < until:
                    one = (start, min(end, until), lesson.id, lesson.subject, lesson.teachers, "", ())
                    found += _changed(one, places, room, timetable, by_hand, day)
    for change in (*timetable.changes, *by_hand.changes):
        if change.kind is ChangeKind.EXTRA and change.day == day and room in {_room(name) for name in change.rooms}:
            start, end = change.start_min or 0, change.end_min or 0
            found.append((start, end, change.id, change.subject, change.teachers, "extra", ()))
    found = [one for one in found if not any(_outlasts(other, one) for other in found)]
    return sorted(found, key=lambda one: (one[0], f"{one[2]}@{day.isoformat()}T{one[0]:04d}"))


def _outlasts(other: Found, one: Found) -> bool:
    """Both are one lesson that was moved into the room, out of rooms where it ended at different times."""
    return one[5] == other[5] == "room" and (one[0], one[2]) == (other[0], other[2]) and other[1] > one[1]


def starts_of(timetable: Timetable, by_hand: Timetable, lesson: str, day: date) -> list[int]:
    """The minutes at which the lesson starts on that day, before anything is changed."""
    times = _times(timetable, by_hand, lesson, day, _said(timetable, by_hand, day))
    return sorted({start for start, _, _ in times})


def running(timetable: Timetable, by_hand: Timetable, room: str, t_ms: int) -> Found | None:
    local = datetime.fromtimestamp(t_ms / 1000, ZONE)
    minute = local.hour * 60 + local.minute
    now = [one for one in runs_in(timetable, by_hand, room, local.date()) if one[0] <= minute < one[1]]
    return now[-1] if now else None


def _said(timetable: Timetable, by_hand: Timetable, day: date) -> CalendarDay | None:
    return next((one for one in (*by_hand.days, *timetable.days) if one.day == day), None)


def _times(
    timetable: Timetable, by_hand: Timetable, lesson: str, day: date, said: CalendarDay | None
) -> list[tuple[int, int, frozenset[str]]]:
    """When the lesson runs and in which rooms; "" for one nobody knows."""
    by_room: dict[str, set[int]] = {}
    for card in timetable.cards:
        if card.lesson == lesson and _meant(card, timetable, by_hand, day, said):
            minutes = _filled(_minutes(card, timetable, by_hand, said), 45)
            for room in {_room(name) for name in card.rooms} - {""} or {""}:
                by_room.setdefault(room, set()).update(minutes)
    runs: dict[Run, set[str]] = {}
    for room, minutes in by_room.items():
        for run in _stretches(_filled(minutes, 15)):
            runs.setdefault(run, set()).add(room)
    times = [(start, end, frozenset(rooms)) for (start, end), rooms in runs.items()]
    for one in timetable.dated:
        if one.lesson == lesson and one.day == day:
            places = frozenset({_room(name) for name in one.rooms} - {""} or {""})
            times.append((one.start_min, one.end_min, places))
    return times


def _meant(card: Card, timetable: Timetable, by_hand: Timetable, day: date, said: CalendarDay | None) -> bool:
    weekday = said.weekday if said is not None and said.weekday is not None else day.weekday()
    if weekday >= len(card.days) or card.days[weekday] != "1":
        return False
    if not card.weeks or len(card.weeks) == 1:
        return card.weeks != "0"
    marked = [one for one in (*by_hand.days, *timetable.days) if one.week is not None]
    own = said.week if said is not None else None
    same_week = sorted({one.day: one.week for one in reversed(marked) if _monday(one.day) == _monday(day)}.items())
    if own is None and same_week:
        own = same_week[0][1]
    week = own if own is not None else (day.isocalendar().week + 1) % 2
    return card.weeks[week % len(card.weeks)] == "1"


def _minutes(card: Card, timetable: Timetable, by_hand: Timetable, said: CalendarDay | None) -> set[int]:
    schedule = said.bells if said is not None else ""
    for name in (schedule, ""):
        for bells in (by_hand.bells, timetable.bells):
            ours = {bell.number: bell for bell in bells if bell.schedule == name}
            if ours:
                rung = [ours[number] for number in card.periods if number in ours]
                return {minute for bell in rung for minute in range(bell.start_min, bell.end_min)}
    return set()


def _changed(
    one: Found, places: Iterable[str], room: str, timetable: Timetable, by_hand: Timetable, day: date
) -> list[Found]:
    def met(changes: Iterable[DayChange], kind: ChangeKind) -> DayChange | None:
        ours = [change for change in changes if change.day == day and change.lesson == one[2] and change.kind is kind]
        ours = [change for change in ours if change.start_min in {None, one[0]}]
        return ours[-1] if ours else None

    kinds = (ChangeKind.CANCELLED, ChangeKind.SUBSTITUTION, ChangeKind.ROOM)
    hand, told = ({kind: met(part.changes, kind) for kind in kinds} for part in (by_hand, timetable))
    touched = any(change is not None for change in hand.values())
    if hand[ChangeKind.CANCELLED] or (told[ChangeKind.CANCELLED] and not touched):
        return []
    start, end, lesson, subject, teachers, mark, relieved = one
    substitute = hand[ChangeKind.SUBSTITUTION] or told[ChangeKind.SUBSTITUTION]
    if substitute is not None:
        subject, mark = substitute.subject or subject, "substitution"
        planned, teachers = teachers, substitute.teachers or teachers
        relieved = tuple(name for name in planned if name not in teachers)
    moved = hand[ChangeKind.ROOM] or told[ChangeKind.ROOM]
    if moved is not None:
        places, mark = {_room(name) for name in moved.rooms}, "room"
    return [(start, end, lesson, subject, teachers, mark, relieved)] if room in places else []


def _room(name: str) -> str:
    return ROOM_OF.get(name, name if name in ROOM_OF.values() else "")


def _monday(day: date) -> int:
    return day.toordinal() - day.weekday()


def _filled(minutes: set[int], gap: int) -> set[int]:
    """Breaks of at most `gap` minutes filled in."""
    full = set(minutes)
    for start, end in _stretches(set(range(min(minutes, default=0), max(minutes, default=0))) - minutes):
        if end - start <= gap:
            full |= set(range(start, end))
    return full


def _stretches(minutes: set[int]) -> list[Run]:
    runs: list[Run] = []
    for minute in sorted(minutes):
        if runs and runs[-1][1] == minute:
            runs[-1] = (runs[-1][0], minute + 1)
        else:
            runs.append((minute, minute + 1))
    return runs
