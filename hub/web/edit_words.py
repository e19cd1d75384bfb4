"""What an edit of the plan would do, told in words, and what speaks against it, from the plan as it is now. Pure."""

from collections.abc import Sequence
from datetime import UTC, datetime
from zoneinfo import ZoneInfo

import msgspec

from hub.school.calendar import CalendarDay, DayKind
from hub.school.changes import ChangeKind, DayChange
from hub.school.edits import DropBells, DropChange, DropDays, Edit, SetBells, SetChange, SetDays
from hub.school.model import Lesson, SchoolDay
from hub.school.timetable import Bell
from hub.web.bells import Change, differences
from hub.web.clashes import Meant, clashes, overlapping
from hub.web.edit_reading import Known, clock_of
from hub.web.texts import say, text
from hub.web.week import Side
from wire.text import Text

MIN_MS = 60_000


class Told(msgspec.Struct, frozen=True):
    """What it does, and what speaks against it."""

    words: tuple[Text, ...]
    clashes: tuple[Text, ...] = ()


def tell(edit: Edit, day: SchoolDay, known: Known, zone: ZoneInfo, midnight_ms: int) -> Told:
    """`day` is the date the edit is about as planned now, `midnight_ms` its beginning."""
    match edit:
        case SetChange():
            return _change(edit.change, day, known, zone, midnight_ms)
        case SetDays():
            return Told(tuple(_day(one, day, midnight_ms) for one in edit.days))
        case DropDays():
            return Told(tuple(text("school.says_ordinary", day=_date(one.isoformat())) for one in edit.days))
        case SetBells():
            return _bells(edit, known)
        case DropBells():
            return _no_bells(edit, known)
        case DropChange():
            return Told((text("school.says_no_change"),))


def _schedule(name: str) -> Text:
    return Text(f"“{name}”", f"“{name}”") if name else text("school.usual")


def _named(key: str, schedule: str, **values: object) -> Text:
    """The sentence with the schedule's name in it, which is a word of its own in each language."""
    name = _schedule(schedule)
    return Text(say(key, "vi", name=name.vi, **values), say(key, "en", name=name.en, **values))


def _date(iso: str) -> str:
    year, month, day = iso.split("-")
    return f"{day}/{month}/{year}"


def _bells(edit: SetBells, known: Known) -> Told:
    spans = [(bell.number, bell.start_min, bell.end_min) for bell in edit.bells]
    first, last = min(one[1] for one in spans), max(one[2] for one in spans)
    said = _named(
        "school.says_bells", edit.schedule, n=len(spans), a=clock_of(first), b=clock_of(last),
        day=_date(edit.since.isoformat()),
    )  # fmt: skip
    rung = known.bells.get(edit.schedule)
    changes = differences(rung.bells if rung else (), edit.bells)
    against = [text("school.bells_overlap", a=before, b=after) for before, after in overlapping(spans)]
    against += [text("school.says_bell_lost", n=one.number) for one in changes if one.new is None]
    if rung is None:
        return Told((said,), tuple(against))
    told = [_bell_change(one) for one in changes] or [text("school.says_same_bells")]
    return Told((said, *told), tuple(against))


def _no_bells(edit: DropBells, known: Known) -> Told:
    """Back to what files say; where none says anything, lessons of that schedule have no times any more."""
    rung = known.bells.get(edit.schedule)
    if rung is None or not rung.by_hand:
        return Told((_named("school.says_no_bells", edit.schedule),))
    if rung.imported is None:
        return Told((_named("school.says_bells_gone", edit.schedule),))
    changes = [_bell_change(one) for one in differences(rung.bells, rung.imported)]
    return Told((_named("school.says_no_bells", edit.schedule), *changes))


def _bell_change(one: Change) -> Text:
    old, new = (None if bell is None else _span_of(bell) for bell in (one.old, one.new))
    if old is None:
        return text("school.says_bell_added", n=one.number, new=new)
    if new is None:
        return text("school.says_bell_ended", n=one.number, old=old)
    if old == new:
        return text("school.says_bell_named", n=one.number, name=one.new.name if one.new else "")
    return text("school.says_bell_moved", n=one.number, old=old, new=new)


def _span_of(bell: Bell) -> str:
    return f"{clock_of(bell.start_min)}–{clock_of(bell.end_min)}"


def _day(day: CalendarDay, plan: SchoolDay, midnight_ms: int) -> Text:
    when = _date(day.day.isoformat())
    lessons = {one.id: one for one in (*plan.lessons, *plan.elsewhere)}.values()
    if day.kind is DayKind.HOLIDAY:
        return text("school.says_holiday", day=when, n=len(lessons))
    parts = [text("school.says_teaching", day=when)]
    if day.until_min is not None:
        late = sum((one.start_ms - midnight_ms) // MIN_MS >= day.until_min for one in lessons)
        parts.append(text("school.says_until", t=clock_of(day.until_min), n=late))
    if day.weekday is not None:
        parts.append(_joined(text("school.says_weekday"), _WEEKDAYS[day.weekday]))
    if day.week is not None:
        parts.append(text("school.says_week", x=chr(ord("A") + day.week % 26)))
    if day.bells:
        parts.append(text("school.says_day_bells", name=day.bells))
    return Text("; ".join(part.vi for part in parts), "; ".join(part.en for part in parts))


def _joined(first: Text, second: Text) -> Text:
    return Text(f"{first.vi} {second.vi}", f"{first.en} {second.en}")


_WEEKDAYS = (
    Text("thứ Hai", "Monday"),
    Text("thứ Ba", "Tuesday"),
    Text("thứ Tư", "Wednesday"),
    Text("thứ Năm", "Thursday"),
    Text("thứ Sáu", "Friday"),
    Text("thứ Bảy", "Saturday"),
    Text("Chủ nhật", "Sunday"),
)


def _change(change: DayChange, day: SchoolDay, known: Known, zone: ZoneInfo, midnight_ms: int) -> Told:
    met = [one for one in (*day.lessons, *day.elsewhere, *day.cancelled) if _meets(change, one, midnight_ms)]
    if change.kind is not ChangeKind.EXTRA and not met:
        return Told((text("school.says_nothing"),), (text("school.no_lesson"),))
    names = {room.id: room.name for room in known.rooms.values()}
    when = {one.id: _clock(one.start_ms, zone) for one in (*day.lessons, *day.elsewhere)}
    words = (
        [_extra(change, known, names)] if change.kind is ChangeKind.EXTRA else _told(change, met, known, names, when)
    )
    start_ms, end_ms = _span(change, met, midnight_ms)
    meant = Meant(
        change.kind, start_ms, end_ms, tuple({one.id for one in met}), change.rooms, change.teachers, change.classes
    )
    return Told(tuple(words), tuple(clashes(day, meant, names, when)))


def _meets(change: DayChange, lesson: Lesson, midnight_ms: int) -> bool:
    if change.kind is ChangeKind.EXTRA or lesson.id.rpartition("@")[0] != change.lesson:
        return False
    return change.start_min is None or lesson.start_ms == midnight_ms + change.start_min * MIN_MS


def _span(change: DayChange, met: Sequence[Lesson], midnight_ms: int) -> tuple[int, int]:
    if met:
        return min(one.start_ms for one in met), max(one.end_ms for one in met)
    return midnight_ms + (change.start_min or 0) * MIN_MS, midnight_ms + (change.end_min or 0) * MIN_MS


def _told(
    change: DayChange, met: Sequence[Lesson], known: Known, names: dict[str, str], when: dict[str, str]
) -> list[Text]:
    """One line a lesson, however many rooms it has."""
    lines = []
    for lesson in {one.id: one for one in met}.values():
        what = " · ".join(part for part in (when.get(lesson.id, ""), ", ".join(lesson.classes), lesson.subject) if part)
        before = ", ".join(names.get(one.room, one.room) for one in met if one.id == lesson.id and one.room) or "–"
        match change.kind:
            case ChangeKind.CANCELLED:
                lines.append(text("school.says_cancelled", what=what))
            case ChangeKind.ROOM:
                after = ", ".join(names.get(one, one) for one in change.rooms)
                lines.append(text("school.says_room", what=what, a=before, b=after))
            case _:
                who = _people(change.teachers, known, Side.TEACHER) or ", ".join(lesson.teachers)
                subject = f" ({change.subject})" if change.subject else ""
                lines.append(
                    text("school.says_substitution", what=what, who=who + subject, a=", ".join(lesson.teachers) or "–")
                )
    return lines


def _extra(change: DayChange, known: Known, names: dict[str, str]) -> Text:
    parts = (
        f"{clock_of(change.start_min or 0)}–{clock_of(change.end_min or 0)}",
        _people(change.classes, known, Side.CLASS),
        change.subject,
        ", ".join(names.get(one, one) for one in change.rooms),
        _people(change.teachers, known, Side.TEACHER),
    )
    return text("school.says_extra", what=" · ".join(part for part in parts if part))


def _people(ids: Sequence[str], known: Known, side: Side) -> str:
    found = known.directories[side].by_id
    return ", ".join(found[one].name if one in found else one for one in ids)


def _clock(t_ms: int, zone: ZoneInfo) -> str:
    return datetime.fromtimestamp(t_ms / 1000, UTC).astimezone(zone).strftime("%H:%M")
