"""The live wall: what is wrong in my school right now? And, with several schools, the choice of one."""

from fastapi import APIRouter
from starlette.requests import Request
from starlette.responses import Response

from hub.context import Hub
from hub.web.boards import BoardKind, BoardName
from hub.web.pages.frame import chosen_school, embedded, language_of, render
from hub.web.urgency import urgency

WORDS = ("wall.", "room.maintenance_hint")


def wall_routes(hub: Hub) -> APIRouter:
    router = APIRouter()

    @router.get("/")
    async def wall(request: Request) -> Response:
        school = chosen_school(request, hub)
        if school is None and hub.registry.schools():
            return _choice(request, hub)
        if school is None or not hub.registry.rooms(school.id):
            return render(request, hub, "empty.html", title="wall.title", page="wall", school=school)
        name = BoardName(BoardKind.WALL, school.id, language_of(request, hub))
        board = hub.fanout.board(name)
        return render(
            request,
            hub,
            "wall.html",
            title="wall.title",
            page="wall",
            school=school,
            words=WORDS,
            board=embedded(board.whole(hub.now_ms())),
            skeletons=min(len(hub.registry.rooms(school.id)), 24),
        )

    return router


def _choice(request: Request, hub: Hub) -> Response:
    now_ms = hub.now_ms()
    rows = []
    for school in hub.registry.schools():
        views = hub.live.wall(school.id, now_ms)
        rows.append((school, len(views), sum(urgency(view) > 0 for view in views)))
    return render(request, hub, "schools.html", title="schools.title", page="wall", rows=rows)
