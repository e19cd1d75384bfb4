"""A week of a room, a class or a teacher, with what happened: /api/v1/timetable, and whose can be asked for."""

from datetime import UTC, datetime
from typing import Annotated
from zoneinfo import ZoneInfo

from fastapi import APIRouter, Query
from starlette.concurrency import run_in_threadpool
from starlette.responses import Response

from hub.context import Hub
from hub.registry.model import School
from hub.school.directory import Directory
from hub.web.api.asking import MAX_ID, answer, answers, school_named
from hub.web.api.timetable_model import DirectoryOut, NamedOut, WeekOut
from hub.web.problem import Problem
from hub.web.texts import text
from hub.web.timetable import Asked, directories_of, week_out
from hub.web.week import Side, monday_of, name_of_week

EARLIEST, LATEST = 2000, 2100
Directories = dict[Side, Directory]
Id = Annotated[str | None, Query(max_length=MAX_ID)]
Week = Annotated[str | None, Query(max_length=8, description="ISO week like 2026-W48; without it the present one")]
Known = Annotated[str | None, Query(max_length=40, description="show what was believed at this time")]


def timetable_routes(hub: Hub) -> APIRouter:
    router = APIRouter(prefix="/api/v1/timetable", tags=["timetable"])

    @router.get("", responses=answers(WeekOut))
    async def timetable(
        school: str,
        room: Id = None,
        class_: Annotated[Id, Query(alias="class")] = None,
        teacher: Id = None,
        week: Week = None,
        known: Known = None,
    ) -> Response:
        found = school_named(hub, school)
        directories = await directories_now(hub, found)
        wanted = {Side.ROOM: room, Side.CLASS: class_, Side.TEACHER: teacher}
        return answer(await week_out(hub, asked_of(hub, found, directories, wanted, week, known)))

    @router.get("/directory", responses=answers(DirectoryOut))
    async def directory(school: str) -> Response:
        found = school_named(hub, school)
        return answer(directory_out(hub, found, await directories_now(hub, found)))

    return router


async def directories_now(hub: Hub, school: School) -> Directories:
    return await run_in_threadpool(lambda: directories_of(hub.schools.schedule(school.id)))


def directory_out(hub: Hub, school: School, directories: Directories) -> DirectoryOut:
    def named(side: Side) -> tuple[NamedOut, ...]:
        return tuple(NamedOut(one.key, one.name) for one in directories[side].all)

    rooms = tuple(NamedOut(room.id, room.name) for room in hub.registry.rooms(school.id))
    return DirectoryOut(rooms, named(Side.TEACHER), named(Side.CLASS))


def asked_of(
    hub: Hub,
    school: School,
    directories: Directories,
    wanted: dict[Side, str | None],
    week: str | None,
    known: str | None,
) -> Asked:
    """Raises Problem with the parameter's name."""
    given = [(side, one) for side, one in wanted.items() if one]
    if len(given) != 1:
        raise Problem(422, text("timetable.one_of"), field="room")
    side, name = given[0]
    zone = ZoneInfo(school.timezone)
    try:
        monday = monday_of(week or name_of_week(datetime.fromtimestamp(hub.now_ms() / 1000, zone).date()))
    except ValueError as wrong:
        raise Problem(422, text("timetable.bad_week", week=(week or "")[:20]), field="week") from wrong
    if not EARLIEST < monday.year < LATEST:
        raise Problem(422, text("timetable.bad_week", week=(week or "")[:20]), field="week")
    known_ms = None if known is None else known_ms_of(hub, known, zone)
    if side is Side.ROOM:
        # its own page goes by school.room: whoever copies that from there means this school's room
        room = hub.registry.room(school.id, name.removeprefix(f"{school.id}."))
        if room is None:
            raise Problem(404, text("error.no_room", id=name), field="room")
        return Asked(school, side, room.id, room.id, room.name, monday, known_ms)
    entry = directories[side].find(name)
    if entry is None:
        raise Problem(404, text(f"timetable.no_{side}", id=name), field=side.value)
    return Asked(school, side, entry.key, entry.id, entry.name, monday, known_ms)


def known_ms_of(hub: Hub, known: str, zone: ZoneInfo) -> int:
    """A past time; without offset it is the school's local time."""
    try:
        when = datetime.fromisoformat(known)
        when = when if when.tzinfo else when.replace(tzinfo=zone)
        known_ms = int(when.astimezone(UTC).timestamp() * 1000)
    except (ValueError, OverflowError) as wrong:
        raise Problem(422, text("timetable.bad_known"), field="known") from wrong
    if when.year < EARLIEST or known_ms > hub.now_ms():
        raise Problem(422, text("timetable.known_future"), field="known")
    return known_ms
