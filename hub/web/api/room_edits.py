"""Rooms and buildings set up by hand: /api/v1/schools/{school}/rooms/{room} and …/buildings/{building}, what they were
called when, and out of use from which day on.
"""

from collections.abc import Callable
from datetime import date, datetime
from typing import Annotated
from zoneinfo import ZoneInfo

import msgspec
from fastapi import APIRouter, Query
from sqlalchemy.orm import Session
from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import Response

from hub.context import Hub
from hub.db.engine import reading
from hub.registry import premises, retiring
from hub.registry.model import ALWAYS, Building, Room, School
from hub.registry.retiring import Retiring
from hub.registry.spell_rows import PlaceKind, spells_of
from hub.registry.spells import Spells
from hub.web.api.asking import MAX_ID, answer, answers, body, change, school_named, takes
from hub.web.api.model import Done
from hub.web.api.outgoing import rfc3339, words
from hub.web.api.room_edits_model import PastOut, PutBuilding, PutRoom, Retire, RetiredOut, SpellOut
from hub.web.api.timetable import Known, known_ms_of
from hub.web.leaving import Leaving, leaving
from hub.web.problem import Problem
from hub.web.texts import text

FURTHEST_DAYS = 400
Retirement = Callable[[Session, str, Retiring, int], None]
Since = Annotated[date | None, Query(description="in use again from that local date; without it as if never retired")]


def room_edit_routes(hub: Hub) -> APIRouter:
    router = APIRouter(prefix="/api/v1/schools/{school}", tags=["rooms"])
    _room_routes(hub, router)
    _building_routes(hub, router)
    _retirement_routes(hub, router)
    _foretelling_routes(hub, router)
    return router


def _room_routes(hub: Hub, router: APIRouter) -> None:
    @router.put("/rooms/{room}", responses=answers(Done), openapi_extra=takes(PutRoom))
    async def put_room(request: Request, school: str, room: str) -> Response:
        found, asked = school_named(hub, school), await body(request, PutRoom)
        wanted = _room_of(found, room, asked)

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


def _building_routes(hub: Hub, router: APIRouter) -> None:
    @router.put("/buildings/{building}", responses=answers(Done), openapi_extra=takes(PutBuilding))
    async def put_building(request: Request, school: str, building: str) -> Response:
        found, asked = school_named(hub, school), await body(request, PutBuilding)
        wanted = Building(found.id, building, asked.name.strip() or building)
        return await change(hub, lambda: hub.registry.add_building(wanted, since=asked.since, now_ms=hub.now_ms()))


def _room_of(school: School, room: str, asked: PutRoom) -> Room:
    return Room(
        school=school.id,
        id=room,
        name=asked.name.strip() or room,
        building=asked.building,
        aliases=tuple(dict.fromkeys(name.strip() for name in asked.aliases if name.strip())),
        volume_m3=asked.volume_m3,
        capacity=asked.capacity,
        co2_limit_ppm=asked.co2_limit_ppm,
        pupil_age_years=asked.pupil_age_years,
    )


def _retirement_routes(hub: Hub, router: APIRouter) -> None:
    async def carry_out(school: str, work: retiring.Work) -> Response:
        """The timetable of today follows at once: `change` shows it to every viewer."""
        found, now_ms = school_named(hub, school), hub.now_ms()

        def both() -> None:
            hub.registry.change(found.id, lambda session: work(session, found.id, now_ms))
            hub.schools.notice_rooms(hub.registry.rooms_ever)

        return await change(hub, both)

    async def retire(school: str, asked: Retire, work: Retirement, rooms: Callable[[str], frozenset[str]]) -> Response:
        """Told from the timetable as it is before."""
        found = school_named(hub, school)
        told = await run_in_threadpool(_leaving, hub, found, rooms(found.id), asked.since)
        order = _order(msgspec.structs.replace(asked, since=told.since))
        await carry_out(school, lambda s, of, t_ms: work(s, of, order, t_ms))
        return answer(_retired_out(told))

    @router.put("/rooms/{room}/retirement", responses=answers(RetiredOut), openapi_extra=takes(Retire))
    async def retire_room(request: Request, school: str, room: str) -> Response:
        def work(session: Session, of: str, order: Retiring, t_ms: int) -> None:
            retiring.retire_room(session, of, room, order, t_ms)

        return await retire(school, await body(request, Retire), work, lambda _: frozenset({room}))

    @router.delete("/rooms/{room}/retirement", responses=answers(Done))
    async def reopen_room(school: str, room: str, since: Since = None) -> Response:
        return await carry_out(school, lambda s, of, t_ms: retiring.reopen_room(s, of, room, since, t_ms))

    @router.put("/buildings/{building}/retirement", responses=answers(RetiredOut), openapi_extra=takes(Retire))
    async def retire_building(request: Request, school: str, building: str) -> Response:
        def work(session: Session, of: str, order: Retiring, t_ms: int) -> None:
            retiring.retire_building(session, of, building, order, t_ms)

        return await retire(school, await body(request, Retire), work, lambda of: _inside(hub, of, building))

    @router.delete("/buildings/{building}/retirement", responses=answers(Done))
    async def reopen_building(school: str, building: str, since: Since = None) -> Response:
        return await carry_out(school, lambda s, of, t_ms: retiring.reopen_building(s, of, building, since, t_ms))


def _foretelling_routes(hub: Hub, router: APIRouter) -> None:
    """What the same with PUT would say."""

    @router.get("/rooms/{room}/retirement", responses=answers(RetiredOut))
    async def would_retire(school: str, room: str, since: date) -> Response:
        found = school_named(hub, school)
        if hub.registry.room(found.id, room) is None:
            raise Problem(404, text("error.no_room", id=room[:MAX_ID]), field="room")
        return answer(_retired_out(await run_in_threadpool(_leaving, hub, found, frozenset({room}), since)))

    @router.get("/buildings/{building}/retirement", responses=answers(RetiredOut))
    async def would_retire_building(school: str, building: str, since: date) -> Response:
        found = school_named(hub, school)
        inside = _inside(hub, found.id, building)
        return answer(_retired_out(await run_in_threadpool(_leaving, hub, found, inside, since)))


def _inside(hub: Hub, school: str, building: str) -> frozenset[str]:
    return frozenset(room.id for room in hub.registry.rooms(school) if room.building == building)


def _leaving(hub: Hub, school: School, rooms: frozenset[str], since: date) -> Leaving:
    """Blocks. What lies further ahead than any timetable is refused elsewhere."""
    now_ms = hub.now_ms()
    today = datetime.fromtimestamp(now_ms / 1000, ZoneInfo(school.timezone)).date()
    if abs((since - today).days) > FURTHEST_DAYS:
        return Leaving(since)
    return leaving(hub.schools.schedule(school.id), rooms, since, now_ms, today)


def _retired_out(told: Leaving) -> RetiredOut:
    return RetiredOut(told.since.isoformat(), tuple(map(words, told.words)))


def _order(asked: Retire) -> Retiring:
    return Retiring(asked.since, " ".join(asked.reason.split()), asked.take_out)


def _spells(hub: Hub, school: str, room: str, known_ms: int | None) -> Spells:
    """Blocks. Raises Problem where nothing was known of it."""
    with reading(hub.engine).begin() as connection:
        found = spells_of(connection, (school, PlaceKind.ROOM, room), known_ms)
    if not found:
        raise Problem(404, text("error.no_room", id=room[:MAX_ID]), field="room")
    return found
