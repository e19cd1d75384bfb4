"""The live streams: `/live/{kind}?school=…&since=…`, server-sent events that pages follow (not a public interface)."""

from collections.abc import Mapping

from fastapi import APIRouter
from starlette.requests import Request
from starlette.responses import Response, StreamingResponse

from hub.context import Hub
from hub.registry.model import School
from hub.stores.series import StoreDown
from hub.web.api.asking import answer, room_named
from hub.web.api.timetable import asked_of, directories_now
from hub.web.boards import BoardKind, BoardName
from hub.web.history import Range, room_history
from hub.web.pages.frame import chosen_school, language_of
from hub.web.problem import Problem, problem
from hub.web.push import MAX_VIEWERS
from hub.web.texts import text
from hub.web.week import Side
from hub.web.week_board import WeekOf

STREAM_PATHS = frozenset(f"/live/{kind}" for kind in BoardKind)


async def _teacher(hub: Hub, school: School, key: str) -> str:
    """The timetable's id of the teacher an address means."""
    directories = await directories_now(hub, school)
    found = directories[Side.TEACHER].find(key)
    if found is None:
        raise Problem(404, text("timetable.no_teacher", id=key), field="teacher")
    return found.id


async def _week(hub: Hub, school: School, query: Mapping[str, str]) -> WeekOf:
    """Whose week an address means."""
    wanted = {side: query.get(side.value, "")[:64] or None for side in Side}
    asked = asked_of(hub, school, await directories_now(hub, school), wanted, None, None)
    return WeekOf(asked.side, asked.key)


def stream_routes(hub: Hub) -> APIRouter:
    router = APIRouter()

    @router.get("/live/{kind}", include_in_schema=False)
    async def live(request: Request, kind: BoardKind) -> Response:
        school = chosen_school(request, hub)
        if school is None:
            raise Problem(404, text("error.no_school", id=""), field="school")
        if hub.fanout.viewers >= MAX_VIEWERS:
            return problem(503, text("error.internal"))
        since = request.headers.get("last-event-id") or request.query_params.get("since", "")
        room = request.query_params.get("room", "")[:64] if kind is BoardKind.ROOM else ""
        if kind is BoardKind.ROOM and hub.registry.room(school.id, room) is None:
            raise Problem(404, text("error.no_room", id=room), field="room")
        if kind is BoardKind.NOW:
            room = await _teacher(hub, school, request.query_params.get("teacher", "")[:64])
        if kind is BoardKind.WEEK:
            room = (await _week(hub, school, request.query_params)).name()
        name = BoardName(kind, school.id, language_of(request, hub), room)
        # no-transform: a proxy that compresses would hold events back.
        headers = {"cache-control": "no-store, no-transform", "x-accel-buffering": "no"}
        return StreamingResponse(hub.fanout.stream(name, since[:64]), media_type="text/event-stream", headers=headers)

    @router.get("/live/rooms/{uid}/history", include_in_schema=False)
    async def history(uid: str, range: Range = Range.HOURS_3) -> Response:  # noqa: A002
        try:
            return answer(await room_history(hub, room_named(hub, uid), range, hub.now_ms()))
        except StoreDown as down:
            raise Problem(503, text("error.store_down")) from down

    return router
