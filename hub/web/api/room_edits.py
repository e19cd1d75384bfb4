"""Rooms and buildings set up by hand: /api/v1/schools/{school}/rooms/{room} and …/buildings/{building}, what they were
called when, and out of use from which day on.
"""

from datetime import date
from typing import Annotated
from zoneinfo import ZoneInfo

from fastapi import APIRouter, Query
from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import Response

from hub.context import Hub
from hub.db.engine import reading
from hub.registry import premises, retiring
from hub.registry.model import ALWAYS, Building, Room
from hub.registry.retiring import Retiring
from hub.registry.spell_rows import PlaceKind, spells_of
from hub.registry.spells import Spells
from hub.web.api.asking import MAX_ID, answer, answers, body, change, school_named, takes
from hub.web.api.model import Done
from hub.web.api.outgoing import rfc3339
from hub.web.api.room_edits_model import PastOut, PutBuilding, PutRoom, Retire, SpellOut
from hub.web.api.timetable import Known, known_ms_of
from hub.web.problem import Problem
from hub.web.texts import text

Since = Annotated[date | None, Query(description="in use again from that local date; without it as if never retired")]


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
            hub.registry.add_room(wanted, since=asked.since, now_ms=hub.now_ms())

        return await change(hub, work)

    @router.delete("/rooms/{room}", responses=answers(Done))
    async def remove_room(school: str, room: str) -> Response:
        found, now_ms = school_named(hub, school), hub.now_ms()

        def work() -> None:
            hub.registry.change(found.id, lambda session: premises.remove_room(session, found.id, room, now_ms))

        return await change(hub, work)

    @router.get("/rooms/{room}/past", responses=answers(PastOut))
    async def past(school: str, room: str, known: Known = None) -> Response:
        found = school_named(hub, school)
        known_ms = None if known is None else known_ms_of(hub, known, ZoneInfo(found.timezone))
        spells = await run_in_threadpool(_spells, hub, found.id, room, known_ms)
        told = tuple(
            SpellOut(None if one.first == ALWAYS else one.first, one.until, one.name, one.aliases, one.retired)
            for one in spells
        )
        return answer(PastOut(room, rfc3339(known_ms, ZoneInfo(found.timezone)), told))

    @router.put("/buildings/{building}", responses=answers(Done), openapi_extra=takes(PutBuilding))
    async def put_building(request: Request, school: str, building: str) -> Response:
        found, asked = school_named(hub, school), await body(request, PutBuilding)
        wanted = Building(found.id, building, asked.name.strip() or building)
        return await change(hub, lambda: hub.registry.add_building(wanted, since=asked.since, now_ms=hub.now_ms()))

    _retirement_routes(hub, router)
    return router


def _retirement_routes(hub: Hub, router: APIRouter) -> None:
    async def carry_out(school: str, work: retiring.Work) -> Response:
        """The timetable of today follows at once: `change` shows it to every viewer."""
        found, now_ms = school_named(hub, school), hub.now_ms()

        def both() -> None:
            hub.registry.change(found.id, lambda session: work(session, found.id, now_ms))
            hub.schools.notice_rooms(hub.registry.rooms_ever)

        return await change(hub, both)

    @router.put("/rooms/{room}/retirement", responses=answers(Done), openapi_extra=takes(Retire))
    async def retire_room(request: Request, school: str, room: str) -> Response:
        order = _order(await body(request, Retire))
        return await carry_out(school, lambda s, of, t_ms: retiring.retire_room(s, of, room, order, t_ms))

    @router.delete("/rooms/{room}/retirement", responses=answers(Done))
    async def reopen_room(school: str, room: str, since: Since = None) -> Response:
        return await carry_out(school, lambda s, of, t_ms: retiring.reopen_room(s, of, room, since, t_ms))

    @router.put("/buildings/{building}/retirement", responses=answers(Done), openapi_extra=takes(Retire))
    async def retire_building(request: Request, school: str, building: str) -> Response:
        order = _order(await body(request, Retire))
        return await carry_out(school, lambda s, of, t_ms: retiring.retire_building(s, of, building, order, t_ms))

    @router.delete("/buildings/{building}/retirement", responses=answers(Done))
    async def reopen_building(school: str, building: str, since: Since = None) -> Response:
        return await carry_out(school, lambda s, of, t_ms: retiring.reopen_building(s, of, building, since, t_ms))


def _order(asked: Retire) -> Retiring:
    return Retiring(asked.since, " ".join(asked.reason.split()), asked.take_out)


def _spells(hub: Hub, school: str, room: str, known_ms: int | None) -> Spells:
    """Blocks. Raises Problem where nothing was known of it."""
    with reading(hub.engine).begin() as connection:
        found = spells_of(connection, (school, PlaceKind.ROOM, room), known_ms)
    if not found:
        raise Problem(404, text("error.no_room", id=room[:MAX_ID]), field="room")
    return found
