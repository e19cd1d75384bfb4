"""Readings: /api/v1/schools/{school}/readings(.csv), what one device or room measured, as stored."""

from typing import Annotated, NamedTuple

from fastapi import APIRouter, Query
from starlette.responses import Response

from hub.context import Hub
from hub.stores.series import StoreDown
from hub.web.api.asking import MAX_ID, answer, answers, instant, school_named, zone_of
from hub.web.api.model import ReadingOut
from hub.web.api.outgoing import moment, rfc3339
from hub.web.problem import Problem
from hub.web.tables import Cell, csv_answer
from hub.web.texts import text
from wire.quantities import QUANTITIES

DAY_MS = 86_400_000
MAX_READINGS = 100_000
HEAD = ("time", "device", "quantity", "room", "value")
Name = Annotated[str | None, Query(max_length=MAX_ID)]
WRITTEN = "RFC 3339; without offset the school's local time"
Time = Annotated[str | None, Query(max_length=40, description=WRITTEN)]
From = Annotated[str | None, Query(alias="from", max_length=40, description=WRITTEN)]
Limit = Annotated[int, Query(ge=1, le=MAX_READINGS)]
Row = tuple[int, str, str, str | None, float | str]


def readings_routes(hub: Hub) -> APIRouter:
    router = APIRouter(prefix="/api/v1/schools/{school}", tags=["readings"])

    @router.get("/readings", responses=answers(list[ReadingOut]))
    async def readings(
        school: str,
        device: Name = None,
        room: Name = None,
        from_: From = None,
        to: Time = None,
        limit: Limit = MAX_READINGS,
    ) -> Response:
        zone = zone_of(hub, school)
        rows = await _found(hub, school, _Asked(device, room, from_, to, limit))
        return answer(
            [
                ReadingOut(rfc3339(t_ms, zone), t_ms, name, quantity, value, _unit(quantity), place)
                for t_ms, name, quantity, place, value in rows
            ]
        )

    @router.get("/readings.csv")
    async def readings_csv(
        school: str, device: Name = None, room: Name = None, from_: From = None, to: Time = None
    ) -> Response:
        zone = zone_of(hub, school)
        rows = await _found(hub, school, _Asked(device, room, from_, to, MAX_READINGS))
        lines: list[list[Cell]] = [
            [moment(t_ms, zone), name, quantity, place, value] for t_ms, name, quantity, place, value in rows
        ]
        return csv_answer(f"{school}-readings", HEAD, lines)

    return router


class _Asked(NamedTuple):
    """Of which device or room, from when until when, at most how many."""

    device: str | None
    room: str | None
    since: str | None
    until: str | None
    limit: int


async def _found(hub: Hub, school: str, asked: _Asked) -> list[Row]:
    """The last day where no times are given. Raises Problem."""
    school_named(hub, school)
    to_ms = hub.now_ms() + 1 if asked.until is None else instant(asked.until, hub, school, field="to")
    from_ms = to_ms - DAY_MS if asked.since is None else instant(asked.since, hub, school)
    try:
        return await hub.series.raw(school, asked.room, asked.device, from_ms, to_ms, asked.limit, calibrated=True)
    except StoreDown as down:
        raise Problem(503, text("error.store_down")) from down


def _unit(quantity: str) -> str:
    return QUANTITIES[quantity].unit if quantity in QUANTITIES else ""
