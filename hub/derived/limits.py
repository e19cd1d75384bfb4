"""The limits each school chose, in the state database and in memory. Blocks, but for `of`."""

import msgspec
from sqlalchemy import Engine, insert, select, update

from hub.db.derived_models import LessonRecordRow, ThresholdsRow
from hub.db.engine import reading
from hub.derived.due import Reason, mark_days
from hub.live.thresholds import Thresholds

TABLE = ThresholdsRow.metadata.tables["thresholds"]
RECORDS = LessonRecordRow.metadata.tables["lesson_record"]
USUAL = Thresholds()
AGAIN_DAYS = 120  # days with records that are held against the new limits, the newest


class Limits:
    """One a process: what another process wrote is read with each derivation."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine

    def of(self, school: str) -> Thresholds:
        """What the school chose, the usual limits for the rest."""
        query = select(TABLE.c.limits).where(TABLE.c.school == school)
        with reading(self._engine).connect() as connection:
            chosen = connection.execute(query).scalar()
        return USUAL if chosen is None else msgspec.structs.replace(USUAL, **_known(chosen))

    def choose(self, school: str, limits: Thresholds, who: str, now_ms: int) -> int:
        """Keep them, and have the days that have records derived anew; how many those are."""
        values = {"limits": msgspec.to_builtins(limits), "set_by": who, "at_ms": now_ms}
        newest = select(RECORDS.c.day).where(RECORDS.c.school == school).distinct()
        with self._engine.begin() as connection:
            if not connection.execute(update(TABLE).where(TABLE.c.school == school).values(**values)).rowcount:
                connection.execute(insert(TABLE).values(school=school, **values))
            days = list(connection.scalars(newest.order_by(RECORDS.c.day.desc()).limit(AGAIN_DAYS)))
            return mark_days(connection, school, days, Reason.THRESHOLDS, now_ms)


def _known(chosen: dict[str, float]) -> dict[str, float]:
    """Limits of a newer release are left out."""
    return {name: float(value) for name, value in chosen.items() if name in Thresholds.__struct_fields__}
