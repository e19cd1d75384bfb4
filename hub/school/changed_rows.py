"""The rows an import changes, or changed: of one that waits, that holds, and that was taken back, told alike."""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

import msgspec
from sqlalchemy import Connection, or_, select

from hub.db.school_models import HeldRow
from hub.registry.model import Room
from hub.school import rows
from hub.school.difference import Compared, Doubt, DoubtKind, Names, Row, RowChange, RowState, changed_rows, names_of
from hub.school.held import OWN
from hub.school.journal import ImportRecord, Kind
from hub.school.names import RoomNames
from wire.text import Text

_NAMES = frozenset({"name", "family_name", "given_name"})


class ImportedRow(msgspec.Struct, frozen=True):
    """One row of one table; `why` is what makes it look wrong."""

    table: str
    change: RowChange
    why: Text | None = None


class RoomsMet(msgspec.Struct, frozen=True):
    """How many rooms of an import the school has, and what it calls those it does not have."""

    total: int
    unknown: tuple[str, ...]

    @property
    def known(self) -> int:
        return self.total - len(self.unknown)


def rows_of(school: str, compared: Iterable[Compared], names: Names, doubts: Sequence[Doubt] = ()) -> list[ImportedRow]:
    """Every row that may be listed, table by table; pupils only by digests, enrolments not at all. Pure."""
    found = []
    for one in compared:
        suspicion = _Suspicion(one, names, [doubt for doubt in doubts if doubt.table in {one.table, "rooms"}])
        found += [ImportedRow(one.table, row, suspicion.of(key, row)) for key, row in changed_rows(school, one, names)]
    return found


def rooms_met(compared: Iterable[Compared], registry: Sequence[Room]) -> RoomsMet | None:
    """Rooms of the import as it is, against the school's of now; None where it names none. Pure."""
    known = RoomNames(registry)
    rooms = next((one.after for one in compared if one.table == "rooms"), {})
    if not rooms:
        return None
    unknown = [
        str(row.get("name") or key)
        for key, row in rooms.items()
        if known.find((key, str(row.get("name", "")), str(row.get("short", "")))) is None
    ]
    return RoomsMet(len(rooms), tuple(sorted(unknown)))


class _Suspicion:
    """Which rows of one table a doubt is about."""

    def __init__(self, one: Compared, names: Names, doubts: Sequence[Doubt]) -> None:
        self._one, self._names = one, names
        self._whole = {doubt.kind: doubt.text for doubt in doubts if doubt.table == one.table}
        self._by_key = {(doubt.kind, doubt.key): doubt.text for doubt in doubts if doubt.key}
        self._added = frozenset(one.added) if DoubtKind.ZEROS_LOST in self._whole else frozenset()

    def of(self, key: str, row: RowChange) -> Text | None:
        ended = row.state is RowState.ENDED
        for kind, applies in (
            (DoubtKind.ZEROS_LOST, self._zeros(key, row)),
            (DoubtKind.TEACHERS_RENAMED, any(one.field in _NAMES for one in row.fields)),
            (DoubtKind.EMPTY, ended),
            (DoubtKind.SHRINK, ended),
        ):
            if applies and kind in self._whole:
                return self._whole[kind]
        return self._by_key.get((DoubtKind.TERM_MOVED, key)) or (None if ended else self._room(key))

    def _zeros(self, key: str, row: RowChange) -> bool:
        if row.state is RowState.ENDED:
            return key.startswith("0") and key.lstrip("0") in self._added
        return any(one.field == "identifier" and one.old.startswith("0") for one in row.fields)

    def _room(self, key: str) -> Text | None:
        row: Row = self._one.after.get(key, {})
        if self._one.table == "rooms":
            called = [str(row.get("name") or key)]
        elif self._one.table in {"cards", "dated"}:
            called = [self._names.rooms.get(room, room) for room in row.get("rooms", ())]
        else:
            return None
        found = (self._by_key.get((DoubtKind.ROOM_UNKNOWN, name)) for name in called)
        return next((text for text in found if text is not None), None)


def compared_of(connection: Connection, entry: ImportRecord) -> tuple[list[Compared], Names]:
    """What an import that was applied once changed then, whether it holds still or not; nothing of one that never was.

    Every row keeps when it was learned and when it was superseded, and no other import of the school has its instant.
    """
    if entry.applied_ms is None:
        return [], Names()
    found = [_compared(connection, name, model, entry) for name, model in _models(entry.kind)]
    compared = [one for one in found if one.before or one.after]
    titles = rows.class_titles(connection, entry.school) if entry.kind == Kind.ROSTER else {}
    return compared, names_of(compared, titles)


def _models(kind: str) -> list[tuple[str, type[HeldRow]]]:
    """Tables by the names they have in a difference."""
    if kind == Kind.ROSTER:
        return [(name, model) for name, model, _ in rows.ROSTER]
    return [(name, model) for name, model, _, _ in rows.PLAN]


def _compared(connection: Connection, name: str, model: type[HeldRow], entry: ImportRecord) -> Compared:
    """Rows that were superseded at its instant are before; those believed from then on and without end are after."""
    table, instant = model.metadata.tables[model.__tablename__], entry.applied_ms
    wanted = select(table).where(
        table.c.school == entry.school,
        table.c.source == entry.source,
        table.c.valid_to.is_(None),
        table.c.learned_ms <= instant,
        or_(table.c.superseded_ms.is_(None), table.c.superseded_ms >= instant),
    )
    before: dict[str, Row] = {}
    after: dict[str, Row] = {}
    kept: set[str] = set()
    for row in connection.execute(wanted.order_by(table.c.id)).mappings():
        if row["superseded_ms"] == instant:
            before[row["key"]] = _said(row)
            continue
        after[row["key"]] = _said(row)
        if row["learned_ms"] < (instant or 0):
            kept.add(row["key"])
    return Compared(name, before, after, frozenset(kept), len(before) + len(kept))


def _said(row: Mapping[Any, Any]) -> Row:
    """What the row says, without when and by whom."""
    return {name: value for name, value in row.items() if name not in OWN}
