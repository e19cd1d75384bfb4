"""Maintenance of rooms and devices: /api/v1/rooms/{uid}/maintenance and …/devices/{device}/maintenance.

It begins now or at a time, also of the past; what is told wrongly is ended earlier or removed. What was derived of that
time is derived anew.
"""

from fastapi import APIRouter
from starlette.requests import Request
from starlette.responses import Response

from hub.context import Hub
from hub.registry.model import Maintenance
from hub.web.api.asking import answer, answers, body, change, device_named, instant, room_named, takes, zone_of
from hub.web.api.model import Done, Maintain, Maintained, MaintenanceOut
from hub.web.api.outgoing import rfc3339
from hub.web.problem import Problem
from hub.web.texts import text

MAX_NOTE = 500
MOST_TOLD = 200  # the newest


def maintenance_routes(hub: Hub) -> APIRouter:
    router = APIRouter(prefix="/api/v1", tags=["maintenance"])
    _of_rooms(hub, router)
    _of_devices(hub, router)
    return router


def _of_rooms(hub: Hub, router: APIRouter) -> None:
    @router.get("/rooms/{uid}/maintenance", responses=answers(list[MaintenanceOut]))
    async def maintenance(uid: str) -> Response:
        found = room_named(hub, uid)
        return _told(hub, found.school, [one for one in hub.registry.maintenance(found.school) if one.room == found.id])

    @router.post("/rooms/{uid}/maintenance", responses=answers(Done), openapi_extra=takes(Maintain))
    async def maintain(request: Request, uid: str) -> Response:
        found, wanted = room_named(hub, uid), await body(request, Maintain)
        return await _start(hub, found.school, wanted, room=found.id)

    @router.post("/rooms/{uid}/maintenance/end", responses=answers(Done), openapi_extra=takes(Maintained))
    async def maintained(request: Request, uid: str) -> Response:
        found, wanted = room_named(hub, uid), await body(request, Maintained)
        return await _end(hub, found.school, wanted, room=found.id)

    @router.delete("/rooms/{uid}/maintenance/{number}", responses=answers(Done))
    async def remove_maintenance(uid: str, number: int) -> Response:
        found = room_named(hub, uid)
        return await _remove(hub, found.school, number, room=found.id)


def _of_devices(hub: Hub, router: APIRouter) -> None:
    path = "/schools/{school}/devices/{device}/maintenance"

    @router.get(path, responses=answers(list[MaintenanceOut]))
    async def maintenance(school: str, device: str) -> Response:
        known = device_named(hub, school, device)
        return _told(hub, school, [one for one in hub.registry.maintenance(school) if one.device == known.id])

    @router.post(path, responses=answers(Done), openapi_extra=takes(Maintain))
    async def maintain(request: Request, school: str, device: str) -> Response:
        known, wanted = device_named(hub, school, device), await body(request, Maintain)
        return await _start(hub, school, wanted, device=known.id)

    @router.post(f"{path}/end", responses=answers(Done), openapi_extra=takes(Maintained))
    async def maintained(request: Request, school: str, device: str) -> Response:
        known, wanted = device_named(hub, school, device), await body(request, Maintained)
        return await _end(hub, school, wanted, device=known.id)

    @router.delete(path + "/{number}", responses=answers(Done))
    async def remove_maintenance(school: str, device: str, number: int) -> Response:
        known = device_named(hub, school, device)
        return await _remove(hub, school, number, device=known.id)


def _told(hub: Hub, school: str, found: list[Maintenance]) -> Response:
    """The newest first."""
    zone = zone_of(hub, school)
    newest = sorted(found, key=lambda one: (one.from_ms, one.id), reverse=True)[:MOST_TOLD]
    return answer(
        [MaintenanceOut(one.id, one.note, rfc3339(one.from_ms, zone) or "", rfc3339(one.to_ms, zone)) for one in newest]
    )


async def _start(
    hub: Hub, school: str, wanted: Maintain, *, room: str | None = None, device: str | None = None
) -> Response:
    note, from_ms = wanted.note.strip()[:MAX_NOTE], instant(wanted.since, hub, school)
    to_ms = None if wanted.to is None else instant(wanted.to, hub, school, field="to")
    return await change(hub, lambda: hub.registry.start_maintenance(school, room, device, note, from_ms, to_ms))


async def _end(
    hub: Hub, school: str, wanted: Maintained, *, room: str | None = None, device: str | None = None
) -> Response:
    """The one that runs, or the one that ran at that time: it ends then."""
    to_ms = instant(wanted.to, hub, school, field="to")
    running = hub.registry.maintenance_of(school, room=room, device=device, t_ms=hub.now_ms())
    found = running or hub.registry.maintenance_of(school, room=room, device=device, t_ms=to_ms)
    if found is None:
        return answer(Done())
    return await change(hub, lambda: hub.registry.end_maintenance(found.id, to_ms))


async def _remove(
    hub: Hub, school: str, number: int, *, room: str | None = None, device: str | None = None
) -> Response:
    """As if it had never been told. Raises Problem where it is none of that room or device."""
    found = next((one for one in hub.registry.maintenance(school) if one.id == number), None)
    if found is None or (found.room, found.device) != (room, device):
        raise Problem(404, text("error.no_maintenance", id=number), field="number")
    return await change(hub, lambda: hub.registry.remove_maintenance(school, found.id))
