"""Which quarter hours of a room were worked out afterwards, in the state database. Blocks."""

from collections.abc import Iterable
from datetime import date

from sqlalchemy import Connection, delete, insert, select

from hub.db.derived_models import FilledDayRow
from hub.derived.measured import QUARTER_MS
from hub.live.trace import MINUTE_MS

TABLE = FilledDayRow.metadata.tables["filled_day"]


def filled_of(connection: Connection, school: str, day: date) -> dict[str, frozenset[int]]:
    """Starts of quarter hours, by room."""
    ours = (TABLE.c.school == school) & (TABLE.c.day == day.isoformat())
    rows = connection.execute(select(TABLE.c.room, TABLE.c.spans).where(ours)).all()
    return {row.room: frozenset(t for a, b in row.spans for t in range(a, b, QUARTER_MS)) for row in rows}


def put_filled(connection: Connection, school: str, day: date, room: str, quarters: Iterable[int]) -> None:
    """All of the room and day, instead of those before."""
    spans: list[list[int]] = []
    for quarter in sorted(quarters):
        if spans and spans[-1][1] == quarter:
            spans[-1][1] = quarter + QUARTER_MS
        else:
            spans.append([quarter, quarter + QUARTER_MS])
    is_it = (TABLE.c.school == school) & (TABLE.c.day == day.isoformat()) & (TABLE.c.room == room)
    connection.execute(delete(TABLE).where(is_it))
    if spans:
        connection.execute(insert(TABLE).values(school=school, day=day.isoformat(), room=room, spans=spans))


def minutes_in(quarters: Iterable[int]) -> frozenset[int]:
    return frozenset(t_ms for quarter in quarters for t_ms in range(quarter, quarter + QUARTER_MS, MINUTE_MS))
