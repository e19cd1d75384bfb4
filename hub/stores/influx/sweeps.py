"""What SQL knows of summing up: how far each level is, which quarters of an hour got late rows, what is being swept."""

from collections.abc import Sequence

from sqlalchemy import Engine, delete, insert, select, update

from hub.db.engine import reading
from hub.db.series_models import SeriesDirtyRow, SeriesSweepRow
from hub.stores.influx.plan import SweepState
from hub.stores.influx.told import sql_errors
from hub.stores.series import Level

Noted = tuple[str, int, int]  # school, start of the quarter, noted_ms


class Sweeps:
    """Every call may raise StoreDown."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine

    def state(self, school: str) -> SweepState:
        """For one school's histories."""
        with sql_errors(), reading(self._engine).connect() as connection:
            until = connection.execute(select(SeriesSweepRow.level, SeriesSweepRow.until_ms)).all()
            wanted = select(SeriesDirtyRow.start_ms).where(SeriesDirtyRow.school == school)
            dirty = connection.execute(wanted.order_by(SeriesDirtyRow.start_ms)).scalars().all()
        return SweepState({str(level): int(until_ms) for level, until_ms in until}, tuple(dirty))

    def until_ms(self) -> int | None:
        """Up to where all levels are whole; None before the first sweep."""
        with sql_errors(), reading(self._engine).connect() as connection:
            wanted = select(SeriesSweepRow.until_ms).where(SeriesSweepRow.level.in_(list(Level)))
            found = connection.execute(wanted).scalars().all()
        return min(found) if len(found) == len(Level) else None

    def finish(self, end_ms: int) -> None:
        """The sweep is whole."""
        self._put(dict.fromkeys(Level, end_ms))

    def dirty(self, before_ms: int, limit: int) -> Sequence[Noted]:
        """Notes about windows before a time, the oldest first, school by school."""
        table = SeriesDirtyRow
        wanted = select(table.school, table.start_ms, table.noted_ms).where(table.start_ms < before_ms)
        wanted = wanted.order_by(table.school, table.start_ms)
        with sql_errors(), reading(self._engine).connect() as connection:
            return [(school, start, noted) for school, start, noted in connection.execute(wanted.limit(limit)).all()]

    def clean(self, notes: Sequence[Noted]) -> None:
        """Forget notes that were worked off, but for those noted again meanwhile."""
        table = SeriesDirtyRow
        with sql_errors(), self._engine.begin() as connection:
            for school, start_ms, noted_ms in notes:
                known = (table.school == school) & (table.start_ms == start_ms) & (table.noted_ms == noted_ms)
                connection.execute(delete(table).where(known))

    def _put(self, levels: dict[str, int]) -> None:
        with sql_errors(), self._engine.begin() as connection:
            for level, until_ms in levels.items():
                changed = update(SeriesSweepRow).where(SeriesSweepRow.level == level).values(until_ms=until_ms)
                if not connection.execute(changed).rowcount:
                    connection.execute(insert(SeriesSweepRow).values(level=str(level), until_ms=until_ms))
