"""An edit as a person asked for it, into the model's own: ids resolved, times read, mistakes with their field. Pure."""

import hashlib
import re
from collections.abc import Mapping, Sequence
from datetime import date

import msgspec

from hub.registry.model import Room
from hub.school.calendar import CalendarDay
from hub.school.changes import ChangeKind, DayChange
from hub.school.directory import Directory
from hub.school.edits import DropBells, DropDays, Edit, SetBells, SetChange, SetDays
from hub.school.edits import DropChange as DropHandChange
from hub.school.timetable import Bell
from hub.web.api.plan_edits_model import AddChange, BellIn, DropChange, DropDay, PlanEdit, PutBells, PutDay
from hub.web.bells import Ringing
from hub.web.problem import Problem
from hub.web.texts import text
from hub.web.week import Side

_CLOCK = re.compile(r"([01]?[0-9]|2[0-4]):([0-5][0-9])")
HOUR_MIN, DAY_MIN = 60, 24 * 60


class Known(msgspec.Struct, frozen=True):
    """What ids in an edit can mean; `today` is from when bells hold, `bells` are what rings then by schedule."""

    rooms: Mapping[str, Room]
    directories: Mapping[Side, Directory]
    today: date
    bells: Mapping[str, Ringing] = {}


def read_edit(asked: PlanEdit, known: Known) -> Edit:
    """Raises Problem with the field's name."""
    match asked:
        case PutBells():
            return _bells(asked, known)
        case PutDay():
            return SetDays((_day(asked),))
        case DropDay():
            return DropDays((asked.day,))
        case AddChange():
            return SetChange(_change(asked, known))
        case DropChange():
            return DropHandChange(asked.id)


def minute_of(value: str | None, field: str) -> int | None:
    """Minutes since midnight of HH:MM."""
    if value is None or value == "":
        return None
    found = _CLOCK.fullmatch(value)
    minute = int(found[1]) * HOUR_MIN + int(found[2]) if found else DAY_MIN + 1
    if minute > DAY_MIN:
        raise Problem(422, text("school.bad_time", value=value[:20]), field=field)
    return minute


def clock_of(minute: int) -> str:
    return f"{minute // HOUR_MIN:02d}:{minute % HOUR_MIN:02d}"


def _bells(asked: PutBells, known: Known) -> SetBells | DropBells:
    if not asked.bells:
        return DropBells(asked.schedule, known.today)
    return SetBells(asked.schedule, tuple(_bell(one, at) for at, one in enumerate(asked.bells)), known.today)


def _bell(one: BellIn, at: int) -> Bell:
    start = minute_of(one.start, f"bells.{at}.start")
    end = minute_of(one.end, f"bells.{at}.end")
    if not one.number.strip():
        raise Problem(422, text("school.no_number"), field=f"bells.{at}.number")
    if start is None or end is None or start >= end:
        raise Problem(422, text("school.end_first"), field=f"bells.{at}.end")
    return Bell(one.number.strip(), one.name.strip() or one.number.strip(), one.number.strip(), start, end)


def _day(asked: PutDay) -> CalendarDay:
    return CalendarDay(
        day=asked.day,
        kind=asked.kind,
        title=asked.title.strip(),
        bells=asked.bells,
        week=asked.week,
        weekday=asked.weekday,
        until_min=minute_of(asked.until, "until"),
    )


def _change(asked: AddChange, known: Known) -> DayChange:
    lesson, start = _lesson(asked)
    end = None
    if asked.kind is ChangeKind.EXTRA:
        start, end = minute_of(asked.start, "start"), minute_of(asked.end, "end")
        if start is None or end is None or start >= end:
            raise Problem(422, text("school.end_first"), field="end")
    for room in asked.rooms:
        if room not in known.rooms:
            raise Problem(422, text("error.no_room", id=room[:64]), field="rooms")
    return DayChange(
        id=_id(asked, lesson, start),
        day=asked.day,
        kind=asked.kind,
        lesson=lesson,
        start_min=start,
        end_min=end,
        rooms=asked.rooms,
        teachers=_resolved(asked.teachers, known.directories[Side.TEACHER], Side.TEACHER),
        classes=_resolved(asked.classes, known.directories[Side.CLASS], Side.CLASS),
        subject=asked.subject.strip(),
        note=asked.note.strip(),
    )


def _lesson(asked: AddChange) -> tuple[str, int | None]:
    """The timetable's lesson and its start on that day, from the id of the dated lesson."""
    if asked.kind is ChangeKind.EXTRA:
        return "", None
    lesson, _, when = asked.lesson.rpartition("@")
    day, _, minute = when.partition("T")
    if not lesson or day != asked.day.isoformat() or not minute.isdecimal():
        raise Problem(422, text("school.no_lesson"), field="lesson")
    return lesson, int(minute[:4])


def _resolved(keys: Sequence[str], directory: Directory, side: Side) -> tuple[str, ...]:
    found = [(key, directory.find(key)) for key in keys]
    for key, one in found:
        if one is None:
            raise Problem(
                422, text(f"timetable.no_{side}", id=key[:64]), field=f"{side}s" if side != "class" else "classes"
            )
    return tuple(one.id for _, one in found if one is not None)


def _id(asked: AddChange, lesson: str, start: int | None) -> str:
    """The same for the same lesson and kind: who changes his mind replaces what he said before."""
    own = (asked.rooms, asked.classes) if asked.kind is ChangeKind.EXTRA else ()
    told = "\0".join(map(str, (asked.day, asked.kind, lesson, start, own)))
    return f"hand-{hashlib.blake2b(told.encode('utf-8', 'surrogatepass'), digest_size=10).hexdigest()}"
