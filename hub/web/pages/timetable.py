"""The timetable: what should happen, what did? A week of a room, a class or a teacher with the evidence over it."""

from fastapi import APIRouter
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from hub.context import Hub
from hub.registry.model import School
from hub.web.api.asking import MAX_ID
from hub.web.api.timetable import asked_of, directories_now, directory_out
from hub.web.api.timetable_model import DirectoryOut, WeekOut
from hub.web.boards import BoardKind, BoardName
from hub.web.pages.frame import chosen_school, embedded, language_of, render
from hub.web.pages.me import teacher_of
from hub.web.timetable import Asked, week_out
from hub.web.week import Side
from hub.web.week_board import WeekOf


def timetable_page_routes(hub: Hub) -> APIRouter:
    router = APIRouter(include_in_schema=False)

    @router.get("/timetable")
    async def page(request: Request) -> Response:
        school = chosen_school(request, hub)
        if school is None and hub.registry.schools():
            return RedirectResponse("/", status_code=303)
        if school is None or not hub.registry.rooms(school.id):
            return render(request, hub, "empty.html", title="timetable.title", page="timetable", school=school)
        directories = await directories_now(hub, school)
        wanted = _wanted(request, hub, school)
        query = request.query_params
        asked = asked_of(hub, school, directories, wanted, query.get("week"), query.get("known"))
        week = await week_out(hub, asked)
        return render(
            request,
            hub,
            "timetable.html",
            title="timetable.title",
            page="timetable",
            school=school,
            words=("timetable.",),
            week=embedded(week),
            board=embedded(_board(request, hub, asked, week)),
            directory=embedded(pairs(directory_out(hub, school, directories))),
        )

    return router


def _board(request: Request, hub: Hub, asked: Asked, week: WeekOut) -> bytes | None:
    """Only the present week, as it is known now, changes by itself."""
    if asked.known_ms is not None or all(day.date != week.today for day in week.days):
        return None
    whose = WeekOf(asked.side, asked.key).name()
    board = hub.fanout.board(BoardName(BoardKind.WEEK, asked.school.id, language_of(request, hub), whose))
    return board.whole(hub.now_ms())


def pairs(directory: DirectoryOut) -> dict[str, list[tuple[str, str]]]:
    """For the picker: [id, name] by side."""
    lists = {Side.ROOM: directory.room, Side.CLASS: directory.class_, Side.TEACHER: directory.teacher}
    return {side.value: [(one.id, one.name) for one in found] for side, found in lists.items()}


def _wanted(request: Request, hub: Hub, school: School) -> dict[Side, str | None]:
    """Whom the address names; else the teacher whose browser this is; else the first room."""
    wanted: dict[Side, str | None] = {side: request.query_params.get(side.value, "")[:MAX_ID] or None for side in Side}
    if any(wanted.values()):
        return wanted
    teacher = teacher_of(request, school.id)
    return {Side.TEACHER: teacher} if teacher else {Side.ROOM: hub.registry.rooms(school.id)[0].id}
