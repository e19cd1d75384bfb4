"""Timetables and rosters as rows of the state database and back: one line a table."""

import hashlib
from collections import Counter
from collections.abc import Iterable
from typing import Any, TypeVar

import msgspec
from sqlalchemy import Connection, select

from hub.db.school_models import (
    BellRow,
    CardRow,
    DatedCardRow,
    EnrolmentRow,
    GroupRow,
    HeldRow,
    LessonRow,
    OrgRow,
    PersonRow,
    PlanChangeRow,
    PlanClassRow,
    PlanDayRow,
    PlanRoomRow,
    RosterClassRow,
    SessionRow,
    SubjectRow,
    TeacherRow,
)
from hub.school.calendar import CalendarDay
from hub.school.changes import DayChange
from hub.school.held import Values
from hub.school.roster import Roster
from hub.school.timetable import (
    Bell,
    Card,
    DatedCard,
    Group,
    PlannedLesson,
    PlannedRoom,
    SchoolClass,
    Subject,
    Teacher,
    Timetable,
)
from wire.text import Text

LONGEST_MASK, MOST_PEOPLE = 64, 1_000_000
T = TypeVar("T", bound=msgspec.Struct)

UNIT = "\x1f"  # between the parts of a key; no export has it in a name
# attribute of Timetable, its table, its structure, the field that is the key ("" where it has none of its own)
PLAN: tuple[tuple[str, type[HeldRow], type[msgspec.Struct], str], ...] = (
    ("bells", BellRow, Bell, "number"),
    ("rooms", PlanRoomRow, PlannedRoom, "id"),
    ("subjects", SubjectRow, Subject, "id"),
    ("teachers", TeacherRow, Teacher, "id"),
    ("classes", PlanClassRow, SchoolClass, "id"),
    ("groups", GroupRow, Group, "id"),
    ("lessons", LessonRow, PlannedLesson, "id"),
    ("cards", CardRow, Card, ""),
    ("dated", DatedCardRow, DatedCard, ""),
    ("days", PlanDayRow, CalendarDay, "day"),
    ("changes", PlanChangeRow, DayChange, "id"),
)
OF_A_DATE = frozenset({"dated", "days", "changes"})  # each holds on its own date: they make no editions
# attribute of Roster, its table, the stem of its OneRoster file
ROSTER: tuple[tuple[str, type[HeldRow], str], ...] = (
    ("orgs", OrgRow, "orgs"),
    ("sessions", SessionRow, "academicSessions"),
    ("classes", RosterClassRow, "classes"),
    ("people", PersonRow, "users"),
    ("enrolments", EnrolmentRow, "enrollments"),
)


class TableRows(msgspec.Struct, frozen=True):
    """One table of an import: its rows by key; `gone` None: all there is, else the keys a delta ends."""

    name: str
    model: type[HeldRow]
    items: Values
    gone: frozenset[str] | None = None


def tables_of(thing: Timetable | Roster) -> list[TableRows]:
    """What an import says of each of its tables; of those its bundle has no file for it says nothing."""
    if isinstance(thing, Timetable):
        return [TableRows(name, model, values_of(thing, name)) for name, model, _, _ in PLAN]
    return [
        TableRows(name, model, values_of(thing, name), thing.gone[stem] if stem in thing.delta else None)
        for name, model, stem in ROSTER
        if stem in thing.gone
    ]


def models_of(kind: str) -> list[type[HeldRow]]:
    """The tables an import of that kind writes; an edit by hand may write any of the plan's."""
    return [model for _, model, _ in ROSTER] if kind == "roster" else [model for _, model, _, _ in PLAN]


def unfit(thing: Timetable | Roster) -> Text | None:
    """What no column takes: SQLite would, PostgreSQL breaks off in the middle of it."""
    if isinstance(thing, Roster):
        return None
    masks = (mask for card in thing.cards for mask in (card.days, card.weeks, card.terms))
    if any(len(mask) > LONGEST_MASK for mask in masks):
        return Text(
            f"mặt nạ ngày, tuần hoặc học kỳ dài quá {LONGEST_MASK} ký tự",
            f"a mask of days, weeks or terms has more than {LONGEST_MASK} characters",
        )
    counted = [room.capacity for room in thing.rooms] + [one.pupils for one in thing.classes]
    counted += [group.pupils for group in thing.groups]
    most = max((abs(number) for number in counted if number is not None), default=0)
    if most > MOST_PEOPLE:
        return Text(f"{most} người trong một phòng hay lớp", f"{most} people in a room or class")
    return None


def class_titles(connection: Connection, school: str) -> dict[str, str]:
    """What the roster's classes are called now, by key."""
    held = _current(connection, RosterClassRow, school)
    return {row["key"]: row["title"] for row in held if row["valid_to"] is None}


def values_of(thing: Timetable | Roster, attribute: str) -> Values:
    """One table of an import as rows by key."""
    items = getattr(thing, attribute)
    if attribute in {"cards", "dated"}:
        return _by_card(items)
    if attribute == "bells":
        return _by_bell(items)
    return _by_key(items, "day" if attribute == "days" else "id")


def _current(connection: Connection, model: type[HeldRow], school: str) -> list[dict[str, Any]]:
    table = model.metadata.tables[model.__tablename__]
    wanted = select(table).where(table.c.school == school, table.c.superseded_ms.is_(None)).order_by(table.c.id)
    return [dict(row) for row in connection.execute(wanted).mappings()]


def _by_key(items: Iterable[msgspec.Struct], key: str) -> Values:
    values: dict[str, dict[str, Any]] = {}
    for item in items:
        fields = _columns(item)
        identifier = fields.pop(key)
        values[identifier] = fields
    return values


def _columns(item: msgspec.Struct) -> dict[str, Any]:
    """Fields as the database gives them back: lists, not tuples, so that equal rows compare equal."""
    fields: dict[str, Any] = msgspec.to_builtins(item)
    return {name: list(value) if isinstance(value, tuple) else value for name, value in fields.items()}


def _by_bell(bells: Iterable[Bell]) -> Values:
    """By schedule and number; the usual schedule by number alone."""
    values: dict[str, dict[str, Any]] = {}
    for bell in bells:
        fields = _columns(bell)
        del fields["number"]
        values[f"{bell.schedule}{UNIT}{bell.number}" if bell.schedule else bell.number] = fields
    return values


def _by_card(cards: Iterable[Card | DatedCard]) -> Values:
    """Cards by a digest of what they are; the room may change without it being another card, twins are numbered."""
    values: dict[str, dict[str, Any]] = {}
    twins: Counter[str] = Counter()
    for card in cards:
        fields = _columns(card)
        del fields["row"]
        digest = hashlib.blake2b(_identity(card).encode(), digest_size=12).hexdigest()
        values[f"{digest}-{twins[digest]}"] = fields
        twins[digest] += 1
    return values


def _identity(card: Card | DatedCard) -> str:
    if isinstance(card, DatedCard):
        return "\0".join((card.lesson, card.day.isoformat(), str(card.start_min)))
    return "\0".join((card.lesson, ",".join(card.periods), card.days, card.weeks, card.terms))
