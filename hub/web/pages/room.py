"""A room's page: why, since when, what next?"""

import asyncio
from datetime import date

from fastapi import APIRouter
from starlette.requests import Request
from starlette.responses import Response

from hub.context import Hub
from hub.registry.model import Room
from hub.stores.series import StoreDown
from hub.web.api.asking import room_named
from hub.web.board import Item
from hub.web.boards import BoardKind, BoardName
from hub.web.history import Range, room_history
from hub.web.pages.frame import embedded, language_of, render

WORDS = (
    "room.", "event.", "wall.", "devices.stale", "devices.unavailable", "devices.interval", "devices.maintenance",
    "order.", "ordered.", "caution.",
)  # fmt: skip
FIRST_VIEW_WAIT_S = 1.0  # a slow store must not hold the page back: the script asks again


def room_page_routes(hub: Hub) -> APIRouter:
    router = APIRouter(include_in_schema=False)

    @router.get("/rooms/{uid}")
    async def page(request: Request, uid: str) -> Response:
        room = room_named(hub, uid)
        school = hub.registry.school(room.school)
        ends = room.retirement  # today it stands, or is gone already
        gone = ends if room.retired else None
        name = BoardName(BoardKind.ROOM, room.school, language_of(request, hub), room.id)
        board, now_ms = hub.fanout.board(name), hub.now_ms()
        buildings = {one.id: one.name for one in hub.registry.buildings(room.school)}
        return render(
            request,
            hub,
            "room.html",
            title=room.name,
            page="room",
            school=school,
            words=WORDS,
            room=room,
            building=buildings.get(room.building, room.building),
            gone=gone,
            leaving=None if room.retired else ends,
            ends_on="" if ends is None else f"{date.fromisoformat(ends.since):%d/%m/%Y}",
            board=embedded(board.whole(now_ms)),
            history=embedded(await _first_view(hub, room, now_ms)),
        )

    return router


async def _first_view(hub: Hub, room: Room, now_ms: int) -> Item | None:
    """None where the store does not answer in time."""
    try:
        return await asyncio.wait_for(room_history(hub, room, Range.HOURS_3, now_ms), FIRST_VIEW_WAIT_S)
    except (StoreDown, TimeoutError):
        return None
