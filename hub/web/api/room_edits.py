"""Rooms and buildings set up by hand: /api/v1/schools/{school}/rooms/{room} and …/buildings/{building}."""

from fastapi import APIRouter
from starlette.requests import Request
from starlette.responses import Response

from hub.context import Hub
from hub.registry import premises
from hub.registry.model import Building, Room
from hub.web.api.asking import answers, body, change, school_named, takes
from hub.web.api.model import Done
from hub.web.api.plan_edits_model import PutBuilding, PutRoom


def room_edit_routes(hub: Hub) -> APIRouter:
    router = APIRouter(prefix="/api/v1/schools/{school}", tags=["rooms"])

    @router.put("/rooms/{room}", responses=answers(Done), openapi_extra=takes(PutRoom))
    async def put_room(request: Request, school: str, room: str) -> Response:
        found, asked = school_named(hub, school), await body(request, PutRoom)
        wanted = Room(
            school=found.id,
            id=room,
            name=asked.name.strip() or room,
            building=asked.building,
            aliases=tuple(dict.fromkeys(name.strip() for name in asked.aliases if name.strip())),
            volume_m3=asked.volume_m3,
            capacity=asked.capacity,
            co2_limit_ppm=asked.co2_limit_ppm,
            pupil_age_years=asked.pupil_age_years,
        )

        def work() -> None:
            premises.check_figures(wanted)
            hub.registry.add_room(wanted)

        return await change(hub, work)

    @router.delete("/rooms/{room}", responses=answers(Done))
    async def remove_room(school: str, room: str) -> Response:
        found = school_named(hub, school)
        return await change(
            hub, lambda: hub.registry.change(found.id, lambda session: premises.remove_room(session, found.id, room))
        )

    @router.put("/buildings/{building}", responses=answers(Done), openapi_extra=takes(PutBuilding))
    async def put_building(request: Request, school: str, building: str) -> Response:
        found, asked = school_named(hub, school), await body(request, PutBuilding)
        wanted = Building(found.id, building, asked.name.strip() or building)
        return await change(hub, lambda: hub.registry.add_building(wanted))

    return router
