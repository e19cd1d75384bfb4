"""Devices and gateways: can I trust the figures? What waits to be settled stands first."""

from fastapi import APIRouter
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from hub.context import Hub
from hub.web.boards import BoardKind, BoardName
from hub.web.pages.frame import chosen_school, embedded, language_of, render


def device_page_routes(hub: Hub) -> APIRouter:
    router = APIRouter(include_in_schema=False)

    @router.get("/devices")
    async def page(request: Request) -> Response:
        school = chosen_school(request, hub)
        if school is None and hub.registry.schools():
            return RedirectResponse("/", status_code=303)
        if school is None:
            return render(request, hub, "empty.html", title="devices.title", page="devices")
        board = hub.fanout.board(BoardName(BoardKind.DEVICES, school.id, language_of(request, hub)))
        return render(
            request,
            hub,
            "devices.html",
            title="devices.title",
            page="devices",
            school=school,
            words=("devices.", "room.maintenance", "order.", "ordered.", "caution.", "heard.", "policy."),
            board=embedded(board.whole(hub.now_ms())),
        )

    return router
