"""Rows valid over time: how one import changes a table without forgetting what held, or what was believed, before."""

from collections.abc import Mapping
from typing import Any

import msgspec
from sqlalchemy import Connection, Table, bindparam, insert, select, update

from hub.db.school_models import HeldRow

ALWAYS = "0001-01-01"  # valid_from of a first import: nothing is known to have been different before
_OWN = frozenset(
    {"id", "school", "source", "key", "valid_from", "valid_to", "learned_ms", "superseded_ms", "import_id"}
)


class Stamp(msgspec.Struct, frozen=True):
    """What every row of one import gets; rows of another `source` are not touched."""

    school: str
    import_id: int
    valid_from: str
    now_ms: int
    source: str = ""


class Change(msgspec.Struct, frozen=True):
    """How many rows an import added, changed and ended."""

    added: int = 0
    changed: int = 0
    ended: int = 0

    def __add__(self, other: "Change") -> "Change":
        return Change(self.added + other.added, self.changed + other.changed, self.ended + other.ended)


Values = Mapping[str, dict[str, Any]]


def hold(
    connection: Connection,
    model: type[HeldRow],
    items: Values,
    stamp: Stamp,
    *,
    gone: frozenset[str] | None = None,
) -> Change:
    """From `stamp.valid_from` on the table holds `items` (by key). `gone` None: all there is (bulk); else a delta,
    which leaves other keys alone and ends those in `gone`.

    Superseded rows stay, marked; a row that held before the date is written again with its end.
    """
    table: Table = model.metadata.tables[model.__tablename__]
    kept: set[str] = set()
    replaced: list[Any] = []
    for row in connection.execute(_believed(table, stamp)).mappings():
        key, item = row["key"], items.get(row["key"])
        open_since_before = row["valid_to"] is None and row["valid_from"] <= stamp.valid_from
        if item is not None and open_since_before and all(row[name] == value for name, value in item.items()):
            kept.add(key)
        elif item is not None or gone is None or key in gone:
            replaced.append(row)
    _supersede(connection, table, replaced, stamp)
    new = [_stamped(key, item, stamp) for key, item in items.items() if key not in kept]
    if new:
        connection.execute(insert(table), new)
    before = {row["key"] for row in replaced}
    changed = sum(entry["key"] in before for entry in new)
    return Change(added=len(new) - changed, changed=changed, ended=len(before - set(items)))


def _believed(table: Table, stamp: Stamp) -> Any:
    """The rows believed now that reach beyond the date."""
    open_end = table.c.valid_to.is_(None) | (table.c.valid_to > stamp.valid_from)
    ours = (table.c.school == stamp.school, table.c.source == stamp.source, table.c.superseded_ms.is_(None))
    return select(table).where(*ours, open_end)


def _supersede(connection: Connection, table: Table, rows: list[Any], stamp: Stamp) -> None:
    if not rows:
        return
    by_id = update(table).where(table.c.id == bindparam("row_id")).values(superseded_ms=stamp.now_ms)
    connection.execute(by_id, [{"row_id": row["id"]} for row in rows])
    ended = [
        _stamped(row["key"], {name: row[name] for name in row if name not in _OWN}, stamp)
        | {"valid_from": row["valid_from"], "valid_to": stamp.valid_from}
        for row in rows
        if row["valid_from"] < stamp.valid_from
    ]
    if ended:
        connection.execute(insert(table), ended)


def _stamped(key: str, item: dict[str, Any], stamp: Stamp) -> dict[str, Any]:
    return item | {
        "school": stamp.school,
        "source": stamp.source,
        "key": key,
        "valid_from": stamp.valid_from,
        "valid_to": None,
        "learned_ms": stamp.now_ms,
        "superseded_ms": None,
        "import_id": stamp.import_id,
    }
