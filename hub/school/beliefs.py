"""What the hub believes of a school's plan and roster, now or as it did then, read out of the state database."""

from collections import defaultdict
from collections.abc import Iterable, Mapping
from datetime import date, timedelta
from typing import Any, TypeVar

import msgspec
from sqlalchemy import ColumnElement, Connection, Table, func, or_, select

from hub.db.school_models import BellRow, EnrolmentRow, HeldRow, PlanChangeRow, PlanDayRow, RosterClassRow, SessionRow
from hub.school.bells import HAND
from hub.school.calendar import CalendarDay
from hub.school.changes import DayChange
from hub.school.datebook import DateBook
from hub.school.headcount import Stay
from hub.school.roster import Session
from hub.school.rows import OF_A_DATE, PLAN, UNIT
from hub.school.timetable import Bell, Timetable

MAX_EDITIONS = 12  # timetables kept ready in memory; a school changes its plan a few times a term
OPEN = "9999-12-31"
T = TypeVar("T", bound=msgspec.Struct)
Span = tuple[date, date]  # first and last day, both included


class _Held(msgspec.Struct, frozen=True):
    """One row as its structure, and when it holds."""

    source: str
    valid_from: str
    valid_to: str
    thing: msgspec.Struct

    def on(self, day: str) -> bool:
        return self.valid_from <= day < self.valid_to


class Beliefs:
    """`known_at_ms` None: as known now. `span` None: all of the past that is kept ready, else only those days."""

    def __init__(
        self, connection: Connection, school: str, *, known_at_ms: int | None = None, span: Span | None = None
    ) -> None:
        self._connection, self._school, self._known_at_ms = connection, school, known_at_ms
        self.planned = False  # told by `editions`: whether there is a timetable at all, on whichever day
        self._span = None if span is None else (span[0].isoformat(), span[1].isoformat())
        self._weeks = None if span is None else _whole_weeks(span)

    def editions(self) -> list[tuple[date, dict[str, Timetable]]]:
        """The timetable in force from each date on which anything of it changed, by source; the newest MAX_EDITIONS."""
        weekly = [table for table in PLAN if table[0] not in OF_A_DATE]
        tables = {name: self._held(model, structure, key) for name, model, structure, key in weekly}
        starts = {row.valid_from for rows in tables.values() for row in rows}
        ends = {row.valid_to for rows in tables.values() for row in rows} - {OPEN}
        self.planned = bool(starts)
        return [(date.fromisoformat(day), _by_source(tables, day)) for day in self._wanted(sorted(starts | ends))]

    def dates(self) -> DateBook:
        """What holds on a date of its own, as far as its row holds on that date."""
        return DateBook(self.dated())

    def dated(self) -> dict[str, Timetable]:
        """The same by source."""
        found: defaultdict[str, dict[str, list[Any]]] = defaultdict(lambda: defaultdict(list))
        for name, model, structure, key in PLAN:
            if name in OF_A_DATE:
                for row in self._held(model, structure, key, of_a_date=True):
                    if row.on(row.thing.day.isoformat()):  # type: ignore[attr-defined]
                        found[row.source][name].append(row.thing)
        return {
            source: Timetable(**{name: tuple(things) for name, things in tables.items()})
            for source, tables in found.items()
        }

    def by_hand(self, day: date) -> Timetable:
        """What people set: the bells in force on that day, and everything of a date."""
        bells = [row for row in self._held(BellRow, Bell, "number") if row.source == HAND and row.on(day.isoformat())]
        days = [row for row in self._held(PlanDayRow, CalendarDay, "day") if row.source == HAND]
        changes = [row for row in self._held(PlanChangeRow, DayChange, "id") if row.source == HAND]
        said: Any = {"bells": bells, "days": days, "changes": changes}
        return Timetable(**{name: tuple(row.thing for row in rows) for name, rows in said.items()})

    def sessions(self) -> list[Session]:
        rows = self._held(SessionRow, Session, "id")
        return [row.thing for row in rows if row.valid_to == OPEN and isinstance(row.thing, Session)]

    def stays(self) -> list[Stay]:
        """Pupils in classes: where enrolment and presence in the roster overlap, counted. No person is read."""
        classes = self._classes()
        table = _table(EnrolmentRow)
        told = ("source", "school_class", "valid_from", "valid_to", "begin", "end")
        columns = [table.c[name] for name in told]
        pupils_only = self._believed(table) & (table.c.role == "student")
        wanted: Any = select(*columns, func.count()).where(pupils_only).group_by(*columns)
        stays: list[Stay] = []
        for source, school_class, valid_from, valid_to, begin, end, pupils in self._connection.execute(wanted):
            names = classes.get((source, school_class))
            if names is not None:
                first = date.fromisoformat(max(valid_from, begin or ""))
                ends = [one for one in (valid_to, end) if one is not None]
                stays.append(Stay(names, first, date.fromisoformat(min(ends)) if ends else None, pupils, source))
        return stays

    def _classes(self) -> dict[tuple[str, str], tuple[str, ...]]:
        """What classes of the roster are called, by source and key."""
        table = _table(RosterClassRow)
        wanted = select(table.c.source, table.c.key, table.c.title, table.c.code).where(self._believed(table))
        found = self._connection.execute(wanted.order_by(table.c.source, table.c.id))
        return {(source, key): (title, code) for source, key, title, code in found}

    def _wanted(self, days: list[str]) -> list[str]:
        if self._span is None:
            return days[-MAX_EDITIONS:]
        first, last = self._span
        before = [day for day in days if day <= first]
        return [*before[-1:], *(day for day in days if first < day <= last)]

    def _held(
        self, model: type[HeldRow], structure: type[msgspec.Struct], key: str, *, of_a_date: bool = False
    ) -> list[_Held]:
        table = _table(model)
        wanted = select(table).where(self._believed(table)).order_by(table.c.id)
        if of_a_date and self._weeks is not None:
            wanted = wanted.where((table.c.day if "day" in table.c else table.c.key).between(*self._weeks))
        return [
            _Held(row["source"], row["valid_from"], row["valid_to"] or OPEN, _struct(structure, row, key, model))
            for row in self._connection.execute(wanted).mappings()
        ]

    def _believed(self, table: Table) -> ColumnElement[bool]:
        ours = table.c.school == self._school
        if self._known_at_ms is None:
            return ours & table.c.superseded_ms.is_(None)
        later = or_(table.c.superseded_ms.is_(None), table.c.superseded_ms > self._known_at_ms)
        return ours & (table.c.learned_ms <= self._known_at_ms) & later


def _by_source(tables: Mapping[str, Iterable[_Held]], day: str) -> dict[str, Timetable]:
    found: defaultdict[str, dict[str, list[Any]]] = defaultdict(lambda: defaultdict(list))
    for name, rows in tables.items():
        for row in rows:
            if row.on(day):
                found[row.source][name].append(row.thing)
    return {source: Timetable(**{name: tuple(things) for name, things in of.items()}) for source, of in found.items()}


def _whole_weeks(span: Span) -> tuple[str, str]:
    """What a calendar says of a Monday may hold for the whole week."""
    first, last = span
    monday, sunday = first - timedelta(days=first.weekday()), last + timedelta(days=6 - last.weekday())
    return monday.isoformat(), sunday.isoformat()


def _table(model: type[HeldRow]) -> Table:
    return model.metadata.tables[model.__tablename__]


def _struct(structure: type[T], row: Mapping[Any, Any], key: str, model: type[HeldRow]) -> T:
    """A row as its structure; columns that are not its fields are left out."""
    fields = dict(row)
    if key:
        fields[key] = row["key"].removeprefix(f"{row['schedule']}{UNIT}") if model is BellRow else row["key"]
    return msgspec.convert(fields, structure)
