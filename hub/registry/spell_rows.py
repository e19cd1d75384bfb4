"""Spells of rooms and buildings in SQL: append-only, closed by `superseded_ms`, so that what was believed stays.

Nothing is updated but `superseded_ms`: "what was this room called last Monday, as far as we knew on Tuesday?" is a
filter.
"""

from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping, Sequence
from enum import StrEnum
from typing import Any, TypeVar

from msgspec.structs import replace
from sqlalchemy import Connection, bindparam, func, insert, or_, select, update

from hub.db.models import PlaceSpellRow, RoomRow
from hub.registry.model import ALWAYS, Building, Room, Spell
from hub.registry.spells import Spells

TABLE = PlaceSpellRow.metadata.tables["place_spell"]
_ROOM = RoomRow.metadata.tables["room"]


class PlaceKind(StrEnum):
    ROOM = "room"
    BUILDING = "building"


Place = TypeVar("Place", Room, Building)
Key = tuple[str, PlaceKind, str]  # school, kind, id


def spells_of(connection: Connection, key: Key, known_at_ms: int | None = None) -> Spells:
    """What is believed of one place, now or as it was then; nothing where nothing was."""
    rows = connection.execute(select(TABLE).where(_about(key), _believed(known_at_ms))).mappings()
    return _in_order(_spell(row) for row in rows)


def put(connection: Connection, key: Key, spells: Spells, now_ms: int) -> bool:
    """From now on believe these. False where they were believed already."""
    before = {_spell(row): row["id"] for row in _current(connection, key)}
    if set(before) == set(spells):
        return False
    newest = connection.execute(
        select(func.max(TABLE.c.learned_ms), func.max(TABLE.c.superseded_ms)).where(_about(key))
    ).one()
    learned_ms = max(now_ms, *(1 + told for told in newest if told is not None), 0)  # clocks may go back
    gone = [number for spell, number in before.items() if spell not in spells]
    if gone:
        by_id = update(TABLE).where(TABLE.c.id == bindparam("row_id")).values(superseded_ms=learned_ms)
        connection.execute(by_id, [{"row_id": number} for number in gone])
    new = [_row(key, spell, learned_ms) for spell in spells if spell not in before]
    if new:
        connection.execute(insert(TABLE), new)
    return True


def forget(connection: Connection, key: Key, now_ms: int) -> None:
    """The place is no more; what was believed of it stays."""
    put(connection, key, (), now_ms)


def eventful_spells(connection: Connection, schools: Collection[str] | None) -> dict[Key, Spells]:
    """Of places that were, or will be, different at another time: few of them. `schools` None: of all."""
    rare = (TABLE.c.valid_from != ALWAYS) | TABLE.c.valid_to.is_not(None) | TABLE.c.retired.is_not(None)
    wanted = select(TABLE).where(rare, _believed(None))
    if schools is not None:
        wanted = wanted.where(TABLE.c.school.in_(schools))
    return _grouped(connection.execute(wanted).mappings())


def rooms_of(connection: Connection, school: str, known_at_ms: int | None = None) -> list[Room]:
    """The school's rooms with their names over time: as believed now, or as it was believed then. Rooms that were taken
    away since are among the latter; their figures are not known any more.
    """
    found = connection.execute(select(_ROOM).where(_ROOM.c.school == school).order_by(_ROOM.c.id)).mappings()
    rooms = {row["id"]: _room(row) for row in found}
    if known_at_ms is None:
        spells = eventful_spells(connection, [school])
        return [over_time(room, spells) for room in rooms.values()]
    ours = (TABLE.c.school == school) & (TABLE.c.kind == PlaceKind.ROOM)
    then = _grouped(connection.execute(select(TABLE).where(ours, _believed(known_at_ms))).mappings())
    return [
        replace(rooms.get(key) or Room(school, key, key, ""), spells=spells, **_said(spells))
        for (_, _, key), spells in sorted(then.items())
    ]


def over_time(place: Place, spells: Mapping[Key, Spells]) -> Place:
    """The room or building with its spells, where there are any."""
    kind = PlaceKind.ROOM if isinstance(place, Room) else PlaceKind.BUILDING
    found = spells.get((place.school, kind, place.id))
    return place if found is None else replace(place, spells=found)


def _said(spells: Spells) -> dict[str, Any]:
    """Of a room of the past what was last known of it stands for today."""
    last = spells[-1]
    return {"name": last.name, "aliases": last.aliases, "retired": last.retired}


def _about(key: Key) -> Any:
    school, kind, place = key
    return (TABLE.c.school == school) & (TABLE.c.kind == kind) & (TABLE.c.key == place)


def _believed(known_at_ms: int | None) -> Any:
    if known_at_ms is None:
        return TABLE.c.superseded_ms.is_(None)
    later = or_(TABLE.c.superseded_ms.is_(None), TABLE.c.superseded_ms > known_at_ms)
    return (TABLE.c.learned_ms <= known_at_ms) & later


def _current(connection: Connection, key: Key) -> Sequence[Any]:
    return connection.execute(select(TABLE).where(_about(key), _believed(None))).mappings().all()


def _grouped(rows: Iterable[Any]) -> dict[Key, Spells]:
    found: defaultdict[Key, list[Spell]] = defaultdict(list)
    for row in rows:
        found[row["school"], PlaceKind(row["kind"]), row["key"]].append(_spell(row))
    return {key: _in_order(spells) for key, spells in found.items()}


def _in_order(spells: Iterable[Spell]) -> Spells:
    return tuple(sorted(spells, key=lambda spell: spell.first))


def _spell(row: Mapping[Any, Any]) -> Spell:
    return Spell(row["valid_from"], row["valid_to"], row["name"], tuple(row["aliases"]), row["retired"])


def _row(key: Key, spell: Spell, learned_ms: int) -> dict[str, Any]:
    school, kind, place = key
    return {
        "school": school,
        "kind": kind.value,
        "key": place,
        "name": spell.name,
        "aliases": list(spell.aliases),
        "retired": spell.retired,
        "valid_from": spell.first,
        "valid_to": spell.until,
        "learned_ms": learned_ms,
        "superseded_ms": None,
    }


def _room(row: Mapping[Any, Any]) -> Room:
    return Room(**(dict(row) | {"aliases": tuple(row["aliases"])}))
