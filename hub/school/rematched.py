"""Rooms that a timetable's names mean otherwise than before: the days planned in them are derived anew."""

from collections.abc import Iterable
from datetime import UTC, date, datetime, timedelta

from sqlalchemy import Connection, select

from hub.db.school_models import PlanRoomRow
from hub.derived import due
from hub.registry.model import Room
from hub.school.names import NamesOverTime

_PLANNED = PlanRoomRow.metadata.tables["plan_room"]


def plans_rooms(connection: Connection, school: str) -> bool:
    """Whether any timetable names rooms at all; a question of a thousand new rooms, too."""
    ours = (_PLANNED.c.school == school) & _PLANNED.c.superseded_ms.is_(None)
    return connection.execute(select(_PLANNED.c.id).where(ours).limit(1)).first() is not None


def mark(connection: Connection, school: str, before: Iterable[Room], after: Iterable[Room], now_ms: int) -> int:
    """A room that was made, or called otherwise, takes or gives back lessons. How many days are asked for."""
    then, now = NamesOverTime(before), NamesOverTime(after)
    wanted = select(_PLANNED.c.key, _PLANNED.c.name, _PLANNED.c.short, _PLANNED.c.valid_from, _PLANNED.c.valid_to)
    ours = (_PLANNED.c.school == school) & _PLANNED.c.superseded_ms.is_(None)
    today = datetime.fromtimestamp(now_ms / 1000, UTC).date() + timedelta(days=1)  # wherever the school may lie
    stretches = _stretches(sorted({*then.starts, *now.starts}), today)
    first, last = date.max, date.min
    for row in connection.execute(wanted.where(ours)):
        called = (row.key, row.name, row.short)
        holds = date.fromisoformat(row.valid_from), date.fromisoformat(row.valid_to) if row.valid_to else date.max
        for start, end in stretches:
            begin, until = max(start, holds[0]), min(end, holds[1])
            if begin < until and then.at(begin).find(called) != now.at(begin).find(called):
                first, last = min(first, begin), max(last, until - timedelta(days=1))
    return due.mark(connection, school, first, last, due.Reason.PLAN, now_ms) if first <= last else 0


def _stretches(starts: list[date], today: date) -> list[tuple[date, date]]:
    """Between two changes of names nothing changes; what is announced for later concerns no day that was derived."""
    past = [start for start in starts if start <= today]
    return list(zip(past, [*past[1:], today + timedelta(days=1)], strict=True))
