"""Tables of rosters and timetables, valid over time: every row says when it held and when the hub learned it.

Names of people stand in `school_person` and `plan_teacher` and leave the database only for pages.
A row holds on [valid_from, valid_to) (ISO dates; `valid_to` None is open) and was believed on
[learned_ms, superseded_ms).
"""

from typing import Any

from sqlalchemy import JSON, ForeignKey, Index, String, Text
from sqlalchemy.orm import Mapped, declared_attr, mapped_column

from hub.db.models import Base, Id, Millis, Name, Serial

IsoDate = String(10)


class SchoolImportRow(Base):
    """One import tried, one edit by hand, or one of them undone (`undoes` names it). `digest` is that of the file.

    `applied_ms` is the instant from which its rows are believed, unlike that of any other import of the school; `turn`
    numbers what changed the data of any school, in order. `doubts` say why it was held, `changes` count by table.
    """

    __tablename__ = "school_import"
    id: Mapped[int] = mapped_column(Serial, primary_key=True, autoincrement=True)
    school: Mapped[str] = mapped_column(Id, ForeignKey("school.id"))
    kind: Mapped[str] = mapped_column(String(16))
    format: Mapped[str] = mapped_column(String(32))
    file: Mapped[str] = mapped_column(Text)
    digest: Mapped[str] = mapped_column(String(64))
    imported_ms: Mapped[int] = mapped_column(Millis)
    status: Mapped[str] = mapped_column(String(16))
    valid_from: Mapped[str | None] = mapped_column(IsoDate)
    options: Mapped[dict[str, Any]] = mapped_column(JSON)
    counts: Mapped[dict[str, int]] = mapped_column(JSON)
    problems: Mapped[dict[str, int]] = mapped_column(JSON)
    source: Mapped[str] = mapped_column(String(64), server_default="")
    by: Mapped[str] = mapped_column("taken_by", Name, server_default="")
    applied_ms: Mapped[int | None] = mapped_column(Millis)
    undone_ms: Mapped[int | None] = mapped_column(Millis)
    undoes: Mapped[int | None]
    turn: Mapped[int | None]
    doubts: Mapped[list[dict[str, Any]]] = mapped_column(JSON, server_default="[]")
    changes: Mapped[dict[str, list[int]]] = mapped_column(JSON, server_default="{}")
    __table_args__ = (
        Index("ix_school_import_school_kind", "school", "kind"),
        Index("ix_school_import_turn", "turn"),
    )


class SchoolOptionRow(Base):
    """What one school chose about its imports: limits, column maps of its spreadsheets."""

    __tablename__ = "school_option"
    school: Mapped[str] = mapped_column(Id, ForeignKey("school.id"), primary_key=True)
    name: Mapped[str] = mapped_column(String(40), primary_key=True)
    value: Mapped[Any] = mapped_column(JSON)
    by: Mapped[str] = mapped_column("set_by", Name)
    at_ms: Mapped[int] = mapped_column(Millis)


class HeldRow(Base):
    """What every table below has; `key` is the id in the system the row came from, of one meaning within `source`:
    the stream of imports it belongs to ("" the usual one, "hand" the page, else the name of a pull). A bulk import
    replaces rows of its own source only.
    """

    __abstract__ = True
    id: Mapped[int] = mapped_column(Serial, primary_key=True, autoincrement=True)
    school: Mapped[str] = mapped_column(Id)
    source: Mapped[str] = mapped_column(String(64), server_default="")
    key: Mapped[str] = mapped_column(Text)
    valid_from: Mapped[str] = mapped_column(IsoDate)
    valid_to: Mapped[str | None] = mapped_column(IsoDate)
    learned_ms: Mapped[int] = mapped_column(Millis)
    superseded_ms: Mapped[int | None] = mapped_column(Millis)

    @declared_attr
    @classmethod
    def import_id(cls) -> Mapped[int]:
        return mapped_column(Serial, ForeignKey("school_import.id"))

    @declared_attr.directive
    @classmethod
    def __table_args__(cls) -> tuple[Index, ...]:
        return (Index(f"ix_{cls.__tablename__}_school_superseded_ms", "school", "superseded_ms"),)


class OrgRow(HeldRow):
    __tablename__ = "school_org"
    name: Mapped[str] = mapped_column(Text)
    kind: Mapped[str] = mapped_column(Text)
    identifier: Mapped[str] = mapped_column(Text)
    parent: Mapped[str] = mapped_column(Text)


class SessionRow(HeldRow):
    """A school year, term or semester; `last` is inclusive."""

    __tablename__ = "school_session"
    title: Mapped[str] = mapped_column(Text)
    kind: Mapped[str] = mapped_column(Text)
    first: Mapped[str] = mapped_column(IsoDate)
    last: Mapped[str] = mapped_column(IsoDate)
    parent: Mapped[str] = mapped_column(Text)


class RosterClassRow(HeldRow):
    __tablename__ = "school_class"
    title: Mapped[str] = mapped_column(Text)
    code: Mapped[str] = mapped_column(Text)
    kind: Mapped[str] = mapped_column(Text)
    location: Mapped[str] = mapped_column(Text)
    org: Mapped[str] = mapped_column(Text)
    terms: Mapped[list[str]] = mapped_column(JSON)
    subjects: Mapped[list[str]] = mapped_column(JSON)


class PersonRow(HeldRow):
    __tablename__ = "school_person"
    given_name: Mapped[str] = mapped_column(Text)
    family_name: Mapped[str] = mapped_column(Text)
    role: Mapped[str] = mapped_column(Text)
    identifier: Mapped[str] = mapped_column(Text)
    enabled: Mapped[bool]


class EnrolmentRow(HeldRow):
    """`begin` inclusive, `end` exclusive, as the roster says; independent of when the row was in the roster."""

    __tablename__ = "school_enrolment"
    school_class: Mapped[str] = mapped_column(Text)
    person: Mapped[str] = mapped_column(Text)
    role: Mapped[str] = mapped_column(Text)
    begin: Mapped[str | None] = mapped_column(IsoDate)
    end: Mapped[str | None] = mapped_column(IsoDate)


class BellRow(HeldRow):
    """Keyed by schedule and number: the same number may ring at another time on another schedule."""

    __tablename__ = "plan_bell"
    name: Mapped[str] = mapped_column(Text)
    short: Mapped[str] = mapped_column(Text)
    start_min: Mapped[int]
    end_min: Mapped[int]
    schedule: Mapped[str] = mapped_column(Text, server_default="")


class PlanRoomRow(HeldRow):
    __tablename__ = "plan_room"
    name: Mapped[str] = mapped_column(Text)
    short: Mapped[str] = mapped_column(Text)
    capacity: Mapped[int | None]


class SubjectRow(HeldRow):
    __tablename__ = "plan_subject"
    name: Mapped[str] = mapped_column(Text)
    short: Mapped[str] = mapped_column(Text)


class TeacherRow(HeldRow):
    __tablename__ = "plan_teacher"
    name: Mapped[str] = mapped_column(Text)
    short: Mapped[str] = mapped_column(Text)


class PlanClassRow(HeldRow):
    __tablename__ = "plan_class"
    name: Mapped[str] = mapped_column(Text)
    short: Mapped[str] = mapped_column(Text)
    pupils: Mapped[int | None]


class GroupRow(HeldRow):
    __tablename__ = "plan_group"
    school_class: Mapped[str] = mapped_column(Text)
    name: Mapped[str] = mapped_column(Text)
    entire: Mapped[bool]
    pupils: Mapped[int | None]


class LessonRow(HeldRow):
    __tablename__ = "plan_lesson"
    subject: Mapped[str] = mapped_column(Text)
    classes: Mapped[list[str]] = mapped_column(JSON)
    groups: Mapped[list[str]] = mapped_column(JSON)
    teachers: Mapped[list[str]] = mapped_column(JSON)


class CardRow(HeldRow):
    """A card has no id of its own: its key is a digest of lesson, periods and masks."""

    __tablename__ = "plan_card"
    lesson: Mapped[str] = mapped_column(Text)
    periods: Mapped[list[str]] = mapped_column(JSON)
    days: Mapped[str] = mapped_column(String(64))
    weeks: Mapped[str] = mapped_column(String(64))
    terms: Mapped[str] = mapped_column(String(64))
    rooms: Mapped[list[str]] = mapped_column(JSON)


class DatedCardRow(HeldRow):
    """A lesson on one date; its key is a digest of lesson, date and start."""

    __tablename__ = "plan_dated"
    lesson: Mapped[str] = mapped_column(Text)
    day: Mapped[str] = mapped_column(IsoDate)
    start_min: Mapped[int]
    end_min: Mapped[int]
    rooms: Mapped[list[str]] = mapped_column(JSON)


class PlanDayRow(HeldRow):
    """A date that is no ordinary day of its week; its key is the date."""

    __tablename__ = "plan_day"
    kind: Mapped[str] = mapped_column(String(16))
    title: Mapped[str] = mapped_column(Text)
    bells: Mapped[str] = mapped_column(Text)
    week: Mapped[int | None]
    weekday: Mapped[int | None]
    until_min: Mapped[int | None]


class PlanChangeRow(HeldRow):
    """A one-day change: a substitute, another room, off, or one lesson more."""

    __tablename__ = "plan_change"
    day: Mapped[str] = mapped_column(IsoDate)
    kind: Mapped[str] = mapped_column(String(16))
    lesson: Mapped[str] = mapped_column(Text)
    start_min: Mapped[int | None]
    end_min: Mapped[int | None]
    rooms: Mapped[list[str]] = mapped_column(JSON)
    teachers: Mapped[list[str]] = mapped_column(JSON)
    classes: Mapped[list[str]] = mapped_column(JSON)
    subject: Mapped[str] = mapped_column(Text)
    note: Mapped[str] = mapped_column(Text)
