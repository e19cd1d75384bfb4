"""Maintenance of a room or a device as the API changes it: from now on, or in the past."""

from starlette.responses import Response

from hub.context import Hub
from hub.web.api.asking import answer, change, instant
from hub.web.api.model import Done, Maintain, Maintained

MAX_NOTE = 500


async def start_maintenance(
    hub: Hub, school: str, wanted: Maintain, *, room: str | None = None, device: str | None = None
) -> Response:
    note, from_ms = wanted.note.strip()[:MAX_NOTE], instant(wanted.since, hub, school)
    to_ms = None if wanted.to is None else instant(wanted.to, hub, school)
    return await change(hub, lambda: hub.registry.start_maintenance(school, room, device, note, from_ms, to_ms))


async def end_maintenance(
    hub: Hub, school: str, wanted: Maintained, *, room: str | None = None, device: str | None = None
) -> Response:
    """The one that runs, or the one that ran at that time: it ends then."""
    to_ms = instant(wanted.to, hub, school)
    running = hub.registry.maintenance_of(school, room=room, device=device, t_ms=hub.now_ms())
    found = running or hub.registry.maintenance_of(school, room=room, device=device, t_ms=to_ms)
    if found is None:
        return answer(Done())
    return await change(hub, lambda: hub.registry.end_maintenance(found.id, to_ms))
