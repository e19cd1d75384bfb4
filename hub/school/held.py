"""Rows valid over time: how one import changes a table without forgetting what held, or what was believed, before."""

from collections.abc import Mapping
from typing import Any

import msgspec
from sqlalchemy import Connection, Table, bindparam, insert, select, update

from hub.db.school_models import HeldRow

ALWAYS = "0001-01-01"  # valid_from of a first import: nothing is known to have been different before
OWN = frozenset({"id", "school", "source", "key", "valid_from", "valid_to", "learned_ms", "superseded_ms", "import_id"})


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


class Comparison(msgspec.Struct, frozen=True):
    """What one import would do to one table: rows it replaces, keys it says unchanged, how many keys there were."""

    table: Table
    items: Values
    replaced: list[Any]
    kept: frozenset[str]
    held: int

    def before(self) -> dict[str, Mapping[str, Any]]:
        """What is replaced, by key: the row in force, or else the next."""
        found: dict[str, Mapping[str, Any]] = {}
        for row in sorted(self.replaced, key=lambda row: row["valid_from"], reverse=True):
            found[row["key"]] = row
        return found


def compare(
    connection: Connection, model: type[HeldRow], items: Values, stamp: Stamp, *, gone: frozenset[str] | None = None
) -> Comparison:
    """From `stamp.valid_from` on the table shall hold `items` (by key). `gone` None: all there is (bulk); else a delta,
    which leaves other keys alone and ends those in `gone`. Nothing is written.
    """
    table: Table = model.metadata.tables[model.__tablename__]
    kept: set[str] = set()
    held: set[str] = set()
    replaced: list[Any] = []
    for row in connection.execute(_believed(table, stamp)).mappings():
        key, item = row["key"], items.get(row["key"])
        held.add(key)
        open_since_before = row["valid_to"] is None and row["valid_from"] <= stamp.valid_from
        if item is not None and open_since_before and all(row[name] == value for name, value in item.items()):
            kept.add(key)
        elif item is not None or gone is None or key in gone:
            replaced.append(row)
    return Comparison(table, items, replaced, frozenset(kept), len(held))


def write(connection: Connection, comparison: Comparison, stamp: Stamp) -> Change:
    """Do it. Superseded rows stay, marked; a row that held before the date is written again with its end."""
    table, items, replaced = comparison.table, comparison.items, comparison.replaced
    _supersede(connection, table, replaced, stamp)
    new = [_stamped(key, item, stamp) for key, item in items.items() if key not in comparison.kept]
    if new:
        connection.execute(insert(table), new)
    before = {row["key"] for row in replaced}
    changed = sum(entry["key"] in before for entry in new)
    return Change(added=len(new) - changed, changed=changed, ended=len(before - set(items)))


def restore(connection: Connection, model: type[HeldRow], stamp: Stamp, as_of_ms: int) -> Change:
    """Believe of one source again what was believed at `as_of_ms`; rows that say the same stay as they are."""
    table: Table = model.metadata.tables[model.__tablename__]
    ours = select(table).where(table.c.school == stamp.school, table.c.source == stamp.source)
    then = (table.c.learned_ms <= as_of_ms) & (table.c.superseded_ms.is_(None) | (table.c.superseded_ms > as_of_ms))
    now = {
        _content(dict(row)): row for row in connection.execute(ours.where(table.c.superseded_ms.is_(None))).mappings()
    }
    wanted = {_content(dict(row)): row for row in connection.execute(ours.where(then)).mappings()}
    gone = [row for content, row in now.items() if content not in wanted]
    if gone:
        by_id = update(table).where(table.c.id == bindparam("row_id")).values(superseded_ms=stamp.now_ms)
        connection.execute(by_id, [{"row_id": row["id"]} for row in gone])
    back = [
        {name: value for name, value in row.items() if name != "id"}
        | {"learned_ms": stamp.now_ms, "superseded_ms": None}
        for content, row in wanted.items()
        if content not in now
    ]
    if back:
        connection.execute(insert(table), back)
    before, after = {row["key"] for row in gone}, {row["key"] for row in back}
    return Change(added=len(after - before), changed=len(after & before), ended=len(before - after))


def _content(row: Mapping[str, Any]) -> bytes:
    """What a row says and since when it holds, whichever time it was learned."""
    said = {name: value for name, value in row.items() if name not in {"id", "learned_ms", "superseded_ms"}}
    return msgspec.msgpack.encode(said)


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
        _stamped(row["key"], {name: row[name] for name in row if name not in OWN}, stamp)
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
