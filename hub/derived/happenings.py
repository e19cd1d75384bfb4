"""The context of stored events, told anew where the plan of their day or the place of their device is another now."""

from collections.abc import Callable

from sqlalchemy import BindParameter, Connection, bindparam, select, update

from hub.db.models import EventRow
from hub.live.context import Context, context_at
from hub.live.site import Site
from hub.school.schedule import Schedule

TABLE = EventRow.metadata.tables["event"]
PlaceOf = Callable[[str, int], tuple[str | None, Context | None]]  # device and instant -> room and its plan


def restate_events(connection: Connection, school: str, from_ms: int, to_ms: int, place_of: PlaceOf) -> int:
    """Of all events of the school in [from_ms, to_ms), in the caller's transaction; how many are other than before."""
    columns = (TABLE.c.id, TABLE.c.device, TABLE.c.at_ms, TABLE.c.room, TABLE.c.lesson, TABLE.c.classes)
    of_day = (TABLE.c.school == school) & (TABLE.c.at_ms >= from_ms) & (TABLE.c.at_ms < to_ms)
    changed = []
    for row in connection.execute(select(*columns).where(of_day)).all():
        room, planned = place_of(row.device, row.at_ms)
        lesson, classes = named(planned)
        if (room, lesson, classes) != (row.room, row.lesson, row.classes):
            changed.append({"event_id": row.id, "room": room, "lesson": lesson, "classes": classes})
    if changed:
        values: dict[str, BindParameter[str]] = {name: bindparam(name) for name in ("room", "lesson", "classes")}
        connection.execute(update(TABLE).where(TABLE.c.id == bindparam("event_id")).values(**values), changed)
    return len(changed)


def placed(registry: Site, school: str, plan: Schedule | None) -> PlaceOf:
    """Where a device hung and what was planned there, as both are known now."""

    def place_of(device: str, t_ms: int) -> tuple[str | None, Context | None]:
        room = registry.room_of(school, device, t_ms)
        return room, None if room is None else context_at(plan, room, t_ms)

    return place_of


def named(planned: Context | None) -> tuple[str | None, str | None]:
    """The lesson's id and the names of its classes; None where none is planned."""
    if planned is None or planned.lesson is None:
        return None, None
    return planned.lesson.id, planned.classes
