"""A teacher's page: my lesson now, what its room needs, where next. Who "I" am is chosen once, without a sign-in."""

from fastapi import APIRouter
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from hub.context import Hub
from hub.registry.model import School
from hub.school.directory import Listed
from hub.web.api.asking import MAX_ID
from hub.web.api.timetable import directories_now, directory_out
from hub.web.boards import BoardKind, BoardName
from hub.web.pages.frame import chosen_school, embedded, language_of, render
from hub.web.pages.me import forget, remember, teacher_of
from hub.web.pages.timetable import pairs
from hub.web.week import Side


def now_page_routes(hub: Hub) -> APIRouter:
    router = APIRouter(include_in_schema=False)

    @router.get("/now")
    async def page(request: Request) -> Response:
        school = chosen_school(request, hub)
        if school is None and hub.registry.schools():
            return RedirectResponse("/", status_code=303)
        if school is None or not hub.registry.rooms(school.id):
            return render(request, hub, "empty.html", title="now.title", page="timetable", school=school)
        directories = await directories_now(hub, school)
        chosen = teacher_of(request, school.id)
        teacher = directories[Side.TEACHER].find(chosen) if chosen else None
        if teacher is None:
            lists = pairs(directory_out(hub, school, directories))
            return _choice(request, hub, school, lists, gone=chosen is not None)
        return _mine(request, hub, school, teacher)

    @router.get("/now/me")
    async def choose(request: Request) -> Response:
        school = chosen_school(request, hub)
        if school is None:
            return RedirectResponse("/", status_code=303)
        response = RedirectResponse(f"/now?school={school.id}", status_code=303)
        wanted = request.query_params.get("teacher", "")[:MAX_ID]
        directories = await directories_now(hub, school)
        if directories[Side.TEACHER].find(wanted) is None:
            forget(response)
        else:
            remember(response, school.id, wanted, secure=request.url.scheme == "https")
        return response

    return router


def _choice(
    request: Request, hub: Hub, school: School, lists: dict[str, list[tuple[str, str]]], *, gone: bool
) -> Response:
    return render(
        request, hub, "now_choice.html", title="now.title", page="timetable", school=school,
        words=("timetable.", "now."),
        teachers=lists[Side.TEACHER.value], gone=gone,
    )  # fmt: skip


def _mine(request: Request, hub: Hub, school: School, teacher: Listed) -> Response:
    board = hub.fanout.board(BoardName(BoardKind.NOW, school.id, language_of(request, hub), teacher.id))
    return render(
        request, hub, "now.html", title="now.title", page="timetable", school=school,
        words=("now.", "timetable.", "wall.", "room.", "order.", "ordered.", "caution."), teacher=teacher,
        board=embedded(board.whole(hub.now_ms())),
    )  # fmt: skip
