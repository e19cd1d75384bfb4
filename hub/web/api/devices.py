"""Devices: /api/v1/schools/{school}/devices(.csv), and the changes that settle where one hangs and what it reads."""

from zoneinfo import ZoneInfo

from fastapi import APIRouter
from starlette.requests import Request
from starlette.responses import Response

from hub.context import Hub
from hub.live.views import DeviceView
from hub.web.api.asking import answer, answers, body, change, device_named, instant, takes, zone_of
from hub.web.api.model import Assign, Calibrate, DeviceOut, Done, Replace
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
        rows = [row for view in hub.live.devices(school, hub.now_ms()) for row in _rows(view, zone)]
        return csv_answer(f"{school}-devices", HEAD, rows)

    _settling_routes(hub, router)
    return router


def _settling_routes(hub: Hub, router: APIRouter) -> None:
    """Where a device hangs, which one it takes the place of, and what its figures really mean."""

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


def _rows(view: DeviceView, zone: ZoneInfo) -> list[list[Cell]]:
    """A line for each value; a device without any has a line of its own."""
    last = None if view.last_ms is None else moment(view.last_ms, zone)
    about: list[Cell] = [
        view.device, view.name, view.model, view.gateway, view.room, last, view.interval_s, view.stale, view.available,
    ]  # fmt: skip
    values: list[tuple[str | None, Cell]] = [(key, one.value) for key, one in view.values.items()]
    return [[*about, key, value] for key, value in values or [(None, None)]]
