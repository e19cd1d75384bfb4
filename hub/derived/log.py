"""What deriving days anew changed, kept for people: a line a derivation that changed anything. Blocks."""

import msgspec
from sqlalchemy import Connection, Engine, delete, insert, select

from hub.db.derived_models import DeriveLogRow
from hub.db.engine import reading

TABLE = DeriveLogRow.metadata.tables["derive_log"]
KEPT_MS = 400 * 86_400_000


class Outcome(msgspec.Struct, frozen=True):
    """One derivation of one school-day; all figures are numbers of rows that are other than before."""

    school: str
    day: str
    reason: str
    at_ms: int
    added: int = 0
    changed: int = 0
    removed: int = 0
    waste_changed: int = 0
    statuses_changed: int = 0
    filled: int = 0

    @property
    def anything(self) -> bool:
        figures = (self.added, self.changed, self.removed, self.waste_changed, self.statuses_changed, self.filled)
        return any(figures)


def note(connection: Connection, outcome: Outcome) -> None:
    connection.execute(insert(TABLE).values(**msgspec.to_builtins(outcome)))


def newest(engine: Engine, school: str, limit: int) -> list[Outcome]:
    query = select(TABLE).where(TABLE.c.school == school).order_by(TABLE.c.at_ms.desc(), TABLE.c.id.desc()).limit(limit)
    with reading(engine).connect() as connection:
        return [msgspec.convert(dict(row), Outcome) for row in connection.execute(query).mappings()]


def forget_before(engine: Engine, now_ms: int) -> None:
    with engine.begin() as connection:
        connection.execute(delete(TABLE).where(TABLE.c.at_ms < now_ms - KEPT_MS))
