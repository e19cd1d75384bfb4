"""Rooms that a timetable's names mean otherwise than before: the days planned in them are derived anew."""

from collections.abc import Iterable
from datetime import UTC, date, datetime, timedelta

from sqlalchemy import Engine, select

from hub.db.engine import reading
from hub.db.school_models import PlanRoomRow
from hub.derived import due
from hub.registry.model import Room
from hub.school.names import RoomNames


def ask_again(engine: Engine, school: str, before: Iterable[Room], after: Iterable[Room], now_ms: int) -> int:
    """A room that was made, or given another name, takes back lessons that lay in none. How many days are asked for."""
    then, now = RoomNames(before), RoomNames(after)
    table = PlanRoomRow.metadata.tables["plan_room"]
    wanted = select(table.c.key, table.c.name, table.c.short, table.c.valid_from)
    with reading(engine).begin() as connection:
        planned = connection.execute(wanted.where(table.c.school == school, table.c.superseded_ms.is_(None))).all()
    names = ((row.valid_from, (row.key, row.name, row.short)) for row in planned)
    since = [valid_from for valid_from, called in names if then.find(called) != now.find(called)]
    if not since:
        return 0
    today = datetime.fromtimestamp(now_ms / 1000, UTC).date() + timedelta(days=1)
    with engine.begin() as connection:
        return due.mark(connection, school, date.fromisoformat(min(since)), today, due.Reason.PLAN, now_ms)
