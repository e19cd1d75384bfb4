"""Reads what is believed of a school today for hub.school.quality; pupils are counted in the database, not read."""

from datetime import date
from typing import Any

import msgspec
from sqlalchemy import Connection, Engine, Table, func, or_, select

from hub.db.engine import reading
from hub.db.school_models import EnrolmentRow, PersonRow, RosterClassRow
from hub.registry import spells
from hub.registry.model import Room
from hub.registry.spell_rows import rooms_of
from hub.school import journal
from hub.school.beliefs import Beliefs
from hub.school.journal import ImportRecord
from hub.school.quality import ClassSize, Issue, RetiredRoom, SchoolData, issues

_HOME = "homeroom"


def school_issues(engine: Engine, school: str, today: date) -> list[Issue]:
    """Blocks."""
    with reading(engine).begin() as connection:
        data = school_data(connection, school, today)
    return issues(data)


def school_data(connection: Connection, school: str, today: date) -> SchoolData:
    beliefs = Beliefs(connection, school, span=(today, today))
    editions = beliefs.editions()
    in_force = editions[-1][1] if editions else {}
    ever = rooms_of(connection, school)
    outside, twice = _pupils(connection, school, today.isoformat())
    return SchoolData(
        timetables=tuple(in_force.values()),
        rooms=tuple(then for room in ever if (then := room.on(today)) is not None),
        retired=tuple(gone for room in ever if (gone := _retired(room, today)) is not None),
        sessions=tuple(beliefs.sessions()),
        classes=_sizes(connection, school, today.isoformat()),
        pupils_outside=outside,
        pupils_twice=twice,
    )


def sources(engine: Engine, school: str) -> list[ImportRecord]:
    """Of each stream of imports the one in force, newest first. Blocks."""
    with reading(engine).begin() as connection:
        return journal.in_force(connection, school)


def _retired(room: Room, today: date) -> RetiredRoom | None:
    """By the name it had; a room that is not there yet is not out of use."""
    now = spells.at(room.spells, today)
    if now is None or not now.retired:
        return None
    called = msgspec.structs.replace(room, name=now.name, aliases=now.aliases)
    return RetiredRoom(called, date.fromisoformat(now.first))


def _current(table: Table, school: str, today: str) -> Any:
    """Rows believed now that hold today."""
    return (
        (table.c.school == school)
        & table.c.superseded_ms.is_(None)
        & (table.c.valid_from <= today)
        & or_(table.c.valid_to.is_(None), table.c.valid_to > today)
    )


def _enrolled(table: Table, school: str, today: str) -> Any:
    begun = or_(table.c.begin.is_(None), table.c.begin <= today)
    running = or_(table.c.end.is_(None), table.c.end > today)
    return _current(table, school, today) & (table.c.role == "student") & begun & running


def _sizes(connection: Connection, school: str, today: str) -> tuple[ClassSize, ...]:
    classes, enrolments = (model.metadata.tables[model.__tablename__] for model in (RosterClassRow, EnrolmentRow))
    counted = (
        select(enrolments.c.source, enrolments.c.school_class, func.count().label("pupils"))
        .where(_enrolled(enrolments, school, today))
        .group_by(enrolments.c.source, enrolments.c.school_class)
    )
    pupils = {(row.source, row.school_class): row.pupils for row in connection.execute(counted)}
    told = (classes.c.source, classes.c.key, classes.c.title, classes.c.code)
    found = connection.execute(select(*told).where(_current(classes, school, today)))
    return tuple(ClassSize((title, code), pupils.get((source, key), 0), source) for source, key, title, code in found)


def _pupils(connection: Connection, school: str, today: str) -> tuple[int, int]:
    """Enabled pupils in no class, and pupils in more than one home class of one roster."""
    tables = (PersonRow, EnrolmentRow, RosterClassRow)
    people, enrolments, classes = (model.metadata.tables[model.__tablename__] for model in tables)
    enrolled = select(enrolments.c.person).where(_enrolled(enrolments, school, today))
    pupils = _current(people, school, today) & (people.c.role == "student") & people.c.enabled
    outside = connection.execute(
        select(func.count()).select_from(people).where(pupils, people.c.key.not_in(enrolled))
    ).scalar()
    home = select(classes.c.key).where(_current(classes, school, today), classes.c.kind == _HOME)
    several = (
        select(enrolments.c.person)
        .where(_enrolled(enrolments, school, today), enrolments.c.school_class.in_(home))
        .group_by(enrolments.c.source, enrolments.c.person)
        .having(func.count(enrolments.c.school_class.distinct()) > 1)
        .subquery()
    )
    twice = connection.execute(select(func.count()).select_from(several)).scalar()
    return int(outside or 0), int(twice or 0)
