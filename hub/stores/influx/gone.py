"""Before which time a school's raw rows are gone: windows of that time are all there is, and are never made anew.

The retention of the raw bucket is one reason; others are a school that keeps less, a retention that was shorter once,
and a backup that had windows without raw rows. Those are kept in SQL.
"""

import threading

from sqlalchemy import Connection, Engine, insert, select, update

from hub.config import InfluxSection
from hub.db.engine import reading
from hub.db.series_models import SeriesRawGoneRow
from hub.stores.influx.plan import DAY_MS, HOUR_MS
from hub.stores.influx.stretches import NEVER_MS
from hub.stores.influx.told import sql_errors

ALL = "_"  # no id of a school


class RawGone:
    """Read by all threads. `letting_go` is held while rows go, and while windows are made of rows. Raises StoreDown."""

    def __init__(self, engine: Engine, section: InfluxSection) -> None:
        self._engine, self._section = engine, section
        self._lock = threading.Lock()
        self._known: dict[str, int] | None = None
        self._retention_noted = False
        self.letting_go = threading.Lock()

    def before_ms(self, school: str) -> int:
        known = self.by_school()
        return max(known.get(school, NEVER_MS), known.get(ALL, NEVER_MS))

    def by_school(self) -> dict[str, int]:
        """`ALL` is one of them; never changed once given."""
        with self._lock:
            if self._known is None:
                with sql_errors(), reading(self._engine).connect() as connection:
                    self._known = _known(connection)
            return self._known

    def note(self, school: str, before_ms: int) -> None:
        """Before anything is deleted; never goes back."""
        self._put(school, before_ms, 0)

    def note_retention(self, now_ms: int) -> None:
        """Once a start: what a shorter retention let go does not come back with a longer one."""
        if self._retention_noted:
            return
        table = SeriesRawGoneRow
        with sql_errors(), reading(self._engine).connect() as connection:
            days = connection.execute(select(table.raw_days).where(table.school == ALL)).scalar()
        if days != self._section.raw_days:
            self._put(ALL, now_ms - days * DAY_MS + HOUR_MS if days else NEVER_MS, self._section.raw_days)
        self._retention_noted = True

    def _put(self, school: str, before_ms: int, raw_days: int) -> None:
        table = SeriesRawGoneRow
        with self._lock, sql_errors():
            with self._engine.begin() as connection:
                before_ms = max(before_ms, _known(connection).get(school, NEVER_MS))
                values = {"before_ms": before_ms, "raw_days": raw_days}
                if not connection.execute(update(table).where(table.school == school).values(**values)).rowcount:
                    connection.execute(insert(table).values(school=school, **values))
                known = _known(connection)
            self._known = known


def _known(connection: Connection) -> dict[str, int]:
    found = connection.execute(select(SeriesRawGoneRow.school, SeriesRawGoneRow.before_ms)).all()
    return {str(school): int(before_ms) for school, before_ms in found}
