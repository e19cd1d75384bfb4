"""The waste ledger in the state database: lines by day, room, appliance and cause. Blocks."""

from collections.abc import Sequence
from datetime import date

import msgspec
from sqlalchemy import Connection, Engine, delete, insert, select

from hub.db.derived_models import WasteDayRow
from hub.db.engine import reading
from hub.live.waste_ledger import WasteLine

TABLE = WasteDayRow.metadata.tables["waste_day"]


class DayLine(msgspec.Struct, frozen=True):
    """A line of the ledger and its day."""

    day: str
    line: WasteLine


class Ledger:
    """Reads the ledger."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine

    def of(self, school: str, first: date, last: date, room: str | None = None) -> list[DayLine]:
        """Of the days from first to last, both included."""
        wanted = (TABLE.c.school == school) & TABLE.c.day.between(first.isoformat(), last.isoformat())
        if room is not None:
            wanted &= TABLE.c.room == room
        query = select(TABLE).where(wanted).order_by(TABLE.c.day, TABLE.c.room, TABLE.c.what, TABLE.c.why)
        with reading(self._engine).connect() as connection:
            return [
                DayLine(row["day"], msgspec.convert(dict(row), WasteLine))
                for row in connection.execute(query).mappings()
            ]


def replace(connection: Connection, school: str, day: date, lines: Sequence[WasteLine]) -> int:
    """The lines of that day are these; how many are other than before."""
    of_day = (TABLE.c.school == school) & (TABLE.c.day == day.isoformat())
    stored = {
        msgspec.convert(dict(row), WasteLine) for row in connection.execute(select(TABLE).where(of_day)).mappings()
    }
    wanted = set(lines)
    if stored == wanted:
        return 0
    connection.execute(delete(TABLE).where(of_day))
    if lines:
        common = {"school": school, "day": day.isoformat()}
        connection.execute(insert(TABLE), [common | msgspec.to_builtins(line) for line in lines])
    kinds = {(line.room, line.what, line.why) for line in stored ^ wanted}
    return len(kinds)
