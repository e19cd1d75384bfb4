"""Stored events as people may read them: newest first in bounded pages, without anything that tells who it was. Blocks.

What readers and cameras say of persons is counted by whole hours, not listed: neither its data, nor its device, nor its
time leaves, also where a second is asked for.
"""

from collections.abc import Mapping
from typing import Any

import msgspec
from msgspec.structs import replace
from sqlalchemy import ColumnElement, Engine, and_, func, or_, select

from hub.db.engine import reading
from hub.db.models import EventRow

TABLE = EventRow.metadata.tables["event"]
PERSONAL = ("identity", "identity_unknown", "enrol")
# What of an event's data is of a thing and not of a person, by kind; of other kinds only that it happened is told.
TOLD: Mapping[str, tuple[str, ...]] = {
    "contact": ("open", "first"),
    "button": ("action", "button"),
    "alarm": ("alarm", "on", "first"),
    "command_result": ("result",),
    "events_lost": ("count",),
    "template_count": ("count", "capacity"),
    "clock_offset": ("offset_s",),
    "log_read": ("records", "new", "complete"),
    "terminal_alarm": ("code",),
}
HOUR_MS = 3_600_000
Detail = bool | int | float | str
Place = tuple[int, str]  # time and id of an event


class Wanted(msgspec.Struct, frozen=True):
    """Events of one school in [from_ms, to_ms), of one room or kind where those are named."""

    school: str
    from_ms: int
    to_ms: int
    room: str | None = None
    kind: str | None = None


class Told(msgspec.Struct, frozen=True):
    """One event of a thing, with what was planned in its room at its own time."""

    id: str
    at_ms: int
    kind: str
    device: str
    room: str | None
    lesson: str | None
    classes: str | None
    data: dict[str, Detail]


class Page(msgspec.Struct, frozen=True):
    """`next`: where the following page begins, None on the last. `persons`: how many of each personal kind in the whole
    hours asked for.
    """

    events: tuple[Told, ...]
    next: Place | None
    persons: dict[str, int]


def page(engine: Engine, wanted: Wanted, limit: int, before: Place | None = None) -> Page:
    """The newest `limit` events, or those before that place; persons are counted over the whole time asked for, in
    hours.
    """
    asked = _asked(wanted)
    hours = _asked(
        replace(wanted, from_ms=wanted.from_ms // HOUR_MS * HOUR_MS, to_ms=-(-wanted.to_ms // HOUR_MS) * HOUR_MS)
    )
    listed = and_(asked, TABLE.c.kind.not_in(PERSONAL))
    if before is not None:
        t_ms, name = before
        listed = and_(listed, or_(TABLE.c.at_ms < t_ms, and_(TABLE.c.at_ms == t_ms, TABLE.c.id < name)))
    names = ("id", "at_ms", "kind", "device", "room", "lesson", "classes", "data")
    query = select(*(TABLE.c[name] for name in names)).where(listed)
    query = query.order_by(TABLE.c.at_ms.desc(), TABLE.c.id.desc()).limit(limit + 1)
    counts = select(TABLE.c.kind, func.count()).where(hours, TABLE.c.kind.in_(PERSONAL)).group_by(TABLE.c.kind)
    with reading(engine).connect() as connection:
        rows = connection.execute(query).mappings().all()
        persons = {kind: int(count) for kind, count in connection.execute(counts)}
    found = tuple(_told(row) for row in rows[:limit])
    last = found[-1] if len(rows) > limit else None
    return Page(found, None if last is None else (last.at_ms, last.id), persons)


def _asked(wanted: Wanted) -> ColumnElement[bool]:
    asked = (TABLE.c.school == wanted.school) & (TABLE.c.at_ms >= wanted.from_ms) & (TABLE.c.at_ms < wanted.to_ms)
    for column, value in ((TABLE.c.room, wanted.room), (TABLE.c.kind, wanted.kind)):
        if value is not None:
            asked &= column == value
    return asked


def _told(row: Mapping[Any, Any]) -> Told:
    return Told(**{**row, "data": _things(row["kind"], row["data"])})


def _things(kind: str, data: Any) -> dict[str, Detail]:
    """What a gateway sent may have any shape: only single short values are handed on."""
    if not isinstance(data, dict):
        return {}
    picked = {name: data[name] for name in TOLD.get(kind, ()) if name in data}
    return {
        name: value[:100] if isinstance(value, str) else value
        for name, value in picked.items()
        if isinstance(value, bool | int | float | str)
    }
