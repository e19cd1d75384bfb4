"""Devices: /api/v1/schools/{school}/devices(.csv), and the changes that settle where one hangs and what it reads."""

from fastapi import APIRouter
from starlette.requests import Request
from starlette.responses import Response

from hub.context import Hub
from hub.live.views import DeviceView
from hub.web.api.asking import answer, answers, body, change, device_named, instant, takes, zone_of
from hub.web.api.maintenance import end_maintenance, start_maintenance
from hub.web.api.model import Assign, Calibrate, DeviceOut, Done, Maintain, Maintained, Replace
from hub.web.api.outgoing import device_out, moment
from hub.web.tables import Cell, csv_answer

HEAD = ("device", "name", "model", "gateway", "room", "last", "interval_s", "stale", "available", "quantity", "value")


def device_routes(hub: Hub) -> APIRouter:
    router = APIRouter(prefix="/api/v1/schools/{school}", tags=["devices"])

    @router.get("/devices", responses=answers(list[DeviceOut]))
    async def devices(school: str) -> Response:
        zone = zone_of(hub, school)
        return answer([device_out(view, zone) for view in hub.live.devices(school, hub.now_ms())])

    @router.get("/devices.csv")
    async def devices_csv(school: str) -> Response:
        zone = zone_of(hub, school)
        rows = [
            (
                view.device, view.name, view.model, view.gateway, view.room,
                None if view.last_ms is None else moment(view.last_ms, zone), view.interval_s, view.stale,
                view.available, key, one,
            )
            for view in hub.live.devices(school, hub.now_ms())
            for key, one in _newest(view)
        ]  # fmt: skip
        return csv_answer(f"{school}-devices", HEAD, rows)

    @router.post("/devices/{device}/room", responses=answers(Done), openapi_extra=takes(Assign))
    async def assign(request: Request, school: str, device: str) -> Response:
        known, wanted = device_named(hub, school, device), await body(request, Assign)
        from_ms = instant(wanted.since, hub, school, known.first_seen_ms)
        return await change(hub, lambda: hub.registry.assign(school, known.id, wanted.room, from_ms))

    @router.post("/devices/{device}/replace", responses=answers(Done), openapi_extra=takes(Replace))
    async def replace(request: Request, school: str, device: str) -> Response:
        known, wanted = device_named(hub, school, device), await body(request, Replace)
        old = device_named(hub, school, wanted.old)
        from_ms = instant(wanted.since, hub, school, known.first_seen_ms)
        return await change(hub, lambda: hub.registry.replace_device(school, old.id, known.id, from_ms))

    @router.post("/devices/{device}/calibration", responses=answers(Done), openapi_extra=takes(Calibrate))
    async def calibrate(request: Request, school: str, device: str) -> Response:
        known, wanted = device_named(hub, school, device), await body(request, Calibrate)
        from_ms = instant(wanted.since, hub, school, known.first_seen_ms)
        return await change(
            hub,
            lambda: hub.registry.calibrate(school, known.id, wanted.quantity, wanted.scale, wanted.offset, from_ms),
        )

    @router.post("/devices/{device}/maintenance", responses=answers(Done), openapi_extra=takes(Maintain))
    async def maintain(request: Request, school: str, device: str) -> Response:
        known, wanted = device_named(hub, school, device), await body(request, Maintain)
        return await start_maintenance(hub, school, wanted, device=known.id)

    @router.post("/devices/{device}/maintenance/end", responses=answers(Done), openapi_extra=takes(Maintained))
    async def maintained(request: Request, school: str, device: str) -> Response:
        known, wanted = device_named(hub, school, device), await body(request, Maintained)
        return await end_maintenance(hub, school, wanted, device=known.id)

    return router


def _newest(view: DeviceView) -> list[tuple[str | None, Cell]]:
    """A line for each value; a device without any has a line of its own."""
    return [(key, one.value) for key, one in view.values.items()] or [(None, None)]
