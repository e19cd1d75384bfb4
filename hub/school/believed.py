"""The plan of a school as it is believed now, or was at some instant, put together out of the state database.

An import may give lessons other ids. What a one-day change set by hand was told of is then looked up in the plan that
was believed when it was told: the new plan finds the lesson by its subject, its classes and its time.
"""

from collections.abc import Iterable, Mapping, Sequence
from datetime import date
from typing import Any

from sqlalchemy import ColumnElement, Connection, func, or_, select

from hub.db.school_models import CardRow, DatedCardRow, LessonRow, PlanChangeRow, PlanClassRow, SubjectRow
from hub.registry.model import Room
from hub.registry.spell_rows import rooms_of
from hub.school.beliefs import MAX_EDITIONS, Beliefs, Span
from hub.school.bells import HAND
from hub.school.changes import DayChange, Meant
from hub.school.headcount import Headcount
from hub.school.journal import IMPORTS, Kind, Status, timezone_of
from hub.school.names import NamesOverTime
from hub.school.plan import PlanRules, SchoolPlan

_LESSONS = LessonRow.metadata.tables[LessonRow.__tablename__]
MAX_INSTANTS = 8  # at which plans are looked up for what changes meant; older changes stay without their lesson
MAX_CHANGES = 400
_CHANGES = PlanChangeRow.metadata.tables[PlanChangeRow.__tablename__]
_WORDS = [model.metadata.tables[model.__tablename__] for model in (PlanClassRow, SubjectRow)]
_PLACED = [*_WORDS, *(model.metadata.tables[model.__tablename__] for model in (CardRow, DatedCardRow, LessonRow))]


def believed_plan(
    connection: Connection,
    school: str,
    rooms: Sequence[Room],
    *,
    known_at_ms: int | None = None,
    span: Span | None = None,
) -> SchoolPlan | None:
    """None where no timetable is known. `span`: of these days only."""
    told = Beliefs(connection, school, known_at_ms=known_at_ms, span=span)
    editions, dates = told.editions(), told.dates()
    if not told.planned:
        return None
    plan = SchoolPlan(
        timetables=editions,
        rooms=_names(rooms, span),
        sessions=told.sessions(),
        headcount=Headcount(told.stays()),
        rules=rules_of(connection, school, known_at_ms),
        timezone=timezone_of(connection, school),
        dates=dates,
        school=school,
        last=None if span is None else span[1],
    )
    since = told_since(connection, school, known_at_ms)
    doubtful = plan.doubtful(frozenset(since), altered(connection, school, since, known_at_ms))
    plan.remember(meant_then(connection, school, doubtful, since))
    return plan


def told_since(connection: Connection, school: str, known_at_ms: int | None = None) -> dict[str, int]:
    """The one-day changes set by hand after which lessons were taken out of the plan, by id, with the last instant at
    which the plan stood as they were told of it.
    """
    ours = (_CHANGES.c.school == school) & (_CHANGES.c.source == HAND) & (_CHANGES.c.lesson != "")
    wanted = select(_CHANGES.c.key, _CHANGES.c.learned_ms).where(ours, _believed(known_at_ms))
    told = connection.execute(wanted.order_by(_CHANGES.c.learned_ms.desc()).limit(MAX_CHANGES)).all()
    if not told:
        return {}
    instants = _taken_out(connection, school, min(row.learned_ms for row in told), known_at_ms)
    stood = ((row.key, next((one for one in instants if one > row.learned_ms), None)) for row in told)
    return {key: instant - 1 for key, instant in stood if instant is not None}


def altered(
    connection: Connection, school: str, since: Mapping[str, int], known_at_ms: int | None = None
) -> frozenset[str]:
    """Of such changes those whose lesson, or any class or subject, was told otherwise later: its id may be another's
    by now.
    """
    if not since:
        return frozenset()
    renamed_ms = max((_last(connection, school, table.c, known_at_ms) for table in _WORDS), default=0)
    ours = (_CHANGES.c.school == school) & (_CHANGES.c.source == HAND) & _believed(known_at_ms)
    told = select(_CHANGES.c.key, _CHANGES.c.lesson).where(ours, _CHANGES.c.key.in_(list(since)))
    lessons = {row.key: row.lesson for row in connection.execute(told)}
    keys = {name for lesson in lessons.values() for name in (lesson, lesson.partition(":")[2])}
    at = _LESSONS.c.superseded_ms
    gone = select(_LESSONS.c.key, _LESSONS.c.source, at).where(
        _LESSONS.c.school == school,
        _LESSONS.c.key.in_(keys),
        at > min(since.values()),
        *(() if known_at_ms is None else (at <= known_at_ms,)),
    )
    last: dict[str, int] = {}
    for row in connection.execute(gone):
        for name in (row.key, f"{row.source}:{row.key}"):
            last[name] = max(last.get(name, 0), row.superseded_ms)
    return frozenset(key for key, lesson in lessons.items() if max(renamed_ms, last.get(lesson, 0)) > since[key])


def _last(connection: Connection, school: str, column: Any, known_at_ms: int | None) -> int:
    """When a row of the table was last superseded."""
    at = column.superseded_ms
    until = at <= known_at_ms if known_at_ms is not None else at.is_not(None)
    return connection.scalar(select(func.max(at)).where(column.school == school, until)) or 0


def meant_then(
    connection: Connection, school: str, changes: Iterable[DayChange], since: Mapping[str, int]
) -> dict[str, Meant]:
    """What changes were told of, by their ids: the newest MAX_INSTANTS plans of then are asked."""
    by_instant: dict[int, list[DayChange]] = {}
    for change in changes:
        if change.id in since:
            by_instant.setdefault(since[change.id], []).append(change)
    found: dict[str, Meant] = {}
    for known_at_ms in sorted(by_instant, reverse=True)[:MAX_INSTANTS]:
        asked = by_instant[known_at_ms]
        plan = _plan_then(connection, school, known_at_ms, [one.day for one in asked])
        found |= plan.meant(asked)
    return found


def _plan_then(connection: Connection, school: str, known_at_ms: int, days: Sequence[date]) -> SchoolPlan:
    span = min(days), max(days)
    told = Beliefs(connection, school, known_at_ms=known_at_ms, span=span)
    return SchoolPlan(
        timetables=told.editions(),
        rooms=NamesOverTime(rooms_of(connection, school, known_at_ms)),
        sessions=told.sessions(),
        rules=rules_of(connection, school, known_at_ms),
        timezone=timezone_of(connection, school),
        dates=told.dates(),
        last=span[1],
    )


def _believed(known_at_ms: int | None) -> ColumnElement[bool]:
    if known_at_ms is None:
        return _CHANGES.c.superseded_ms.is_(None)
    later = or_(_CHANGES.c.superseded_ms.is_(None), _CHANGES.c.superseded_ms > known_at_ms)
    return (_CHANGES.c.learned_ms <= known_at_ms) & later


def _taken_out(connection: Connection, school: str, after_ms: int, known_at_ms: int | None) -> list[int]:
    """Instants at which rows of lessons or where they stand were superseded, in order."""
    found: set[int] = set()
    for table in _PLACED:
        at = table.c.superseded_ms
        until = at <= known_at_ms if known_at_ms is not None else at.is_not(None)
        found.update(connection.scalars(select(at).distinct().where(table.c.school == school, at > after_ms, until)))
    return sorted(found)


def rules_of(connection: Connection, school: str, known_at_ms: int | None = None) -> PlanRules:
    """What the newest import in force that said anything of weeks said."""
    at_ms = known_at_ms if known_at_ms is not None else 2**62
    stood = or_(IMPORTS.c.undone_ms.is_(None), IMPORTS.c.undone_ms > at_ms)
    wanted = select(IMPORTS.c.options).where(
        IMPORTS.c.school == school,
        IMPORTS.c.kind == Kind.TIMETABLE,
        IMPORTS.c.status.in_((Status.APPLIED, Status.UNDONE)),
        IMPORTS.c.applied_ms <= at_ms,
        IMPORTS.c.undoes.is_(None),
        stood,
    )
    for options in connection.scalars(wanted.order_by(IMPORTS.c.applied_ms.desc()).limit(20)):
        first_week = (options or {}).get("first_week")
        if first_week is not None:
            return PlanRules(odd_first=first_week != "even", from_term=first_week == "term")
    return PlanRules()


def _names(rooms: Sequence[Room], span: Span | None) -> NamesOverTime:
    """Of a whole plan the newest changes of names are kept apart, as the newest timetables are."""
    names = NamesOverTime(rooms)
    return names if span is not None else names.newest(MAX_EDITIONS)
