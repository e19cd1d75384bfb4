"""A school edited by hand: one-day changes, calendar, bells, rooms and their devices, limits."""

from datetime import datetime
from zoneinfo import ZoneInfo

import msgspec
from fastapi import APIRouter
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from hub.context import Hub
from hub.registry.model import Building, Room, School
from hub.web.api.plan_edits import by_hand_out
from hub.web.api.timetable import directories_now, directory_out
from hub.web.board import Item
from hub.web.pages.frame import chosen_school, embedded, render
from hub.web.pages.timetable import pairs

SECTIONS = ("changes", "calendar", "bells", "rooms", "limits")


def school_page_routes(hub: Hub) -> APIRouter:
    router = APIRouter(include_in_schema=False)

    @router.get("/school")
    async def page(request: Request) -> Response:
        school = chosen_school(request, hub)
        if school is None:
            return RedirectResponse("/", status_code=303)
        directories = await directories_now(hub, school)
        hand = await by_hand_out(hub, school)
        return render(
            request,
            hub,
            "school.html",
            title="school.title",
            page="timetable",
            school=school,
            words=("school.", "timetable."),
            sections=SECTIONS,
            hand=embedded(hand),
            registry=embedded(_registry(hub, school) | {"names": pairs(directory_out(hub, school, directories))}),
        )

    return router


def _over_time(place: Room | Building) -> Item:
    return msgspec.to_builtins(place) | {"retirement": msgspec.to_builtins(place.retirement)}  # type: ignore[no-any-return]


def _registry(hub: Hub, school: School) -> Item:
    """Rooms, buildings and devices as they are; today's date in the school's zone."""
    today = datetime.fromtimestamp(hub.now_ms() / 1000, ZoneInfo(school.timezone)).date()
    return {
        "today": today.isoformat(),
        "rooms": [_over_time(room) for room in hub.registry.rooms(school.id)],
        "retired": [_over_time(room) for room in hub.registry.rooms_ever(school.id) if room.retired is not None],
        "buildings": [[one.id, one.name] for one in hub.registry.buildings(school.id) if one.retired is None],
        "every_building": [_over_time(one) for one in hub.registry.buildings(school.id)],
        "devices": [[one.id, one.name, one.room] for one in hub.registry.devices(school.id)],
    }
