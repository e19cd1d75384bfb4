"""Rooms: /api/v1/schools/{school}/rooms(.csv), /api/v1/rooms/{uid}, its history and exports."""

from collections.abc import Iterable, Iterator
from datetime import datetime
from typing import Annotated
from zoneinfo import ZoneInfo

from fastapi import APIRouter, Query
from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import Response

from hub.context import Hub
from hub.live.context import Context, context_at
from hub.live.views import RoomView
from hub.school.schedule import Schedule
from hub.stores.series import StoreDown
from hub.web.api.asking import answer, answers, room_named, school_named, zone_of
from hub.web.api.model import HistoryOut, PointOut, RoomOut
from hub.web.api.outgoing import moment, reason_line, rfc3339, room_out
from hub.web.history import PEOPLE, Range, quantity_history, window
from hub.web.pages.frame import language_of
from hub.web.problem import Problem
from hub.web.tables import Cell, csv_answer
from hub.web.texts import say, text
from wire.quantities import QUANTITIES, Kind

MAX_EXPORT_ROWS = 500_000
WALL_COLUMNS = ("co2_ppm", "temperature_c", "humidity_pct", "illuminance_lx", "noise_dba", "power_w")
WALL_HEAD = (
    "room", "name", "building", "status", "since", "reasons", "lesson_classes", "lesson_subject", "lesson_teachers",
    "people_estimate", "people_expected", "newest", "stale", *WALL_COLUMNS,
)  # fmt: skip
READINGS_HEAD = ("time", "device", "quantity", "room", "value", "lesson", "subject", "classes")
Row = tuple[int, str, str, str | None, float | str]
Quantity = Annotated[str, Query(max_length=64, description="a quantity key, or `people` for the estimate")]


def room_routes(hub: Hub) -> APIRouter:
    router = APIRouter(prefix="/api/v1", tags=["rooms"])
    _present_routes(hub, router)
    _past_routes(hub, router)
    return router


def _present_routes(hub: Hub, router: APIRouter) -> None:
    @router.get("/schools/{school}/rooms", responses=answers(list[RoomOut]))
    async def rooms(school: str) -> Response:
        zone = zone_of(hub, school)
        return answer([room_out(view, zone) for view in hub.live.wall(school, hub.now_ms())])

    @router.get("/schools/{school}/rooms.csv")
    async def rooms_csv(request: Request, school: str) -> Response:
        zone, language = zone_of(hub, school), language_of(request, hub)
        views = hub.live.wall(school_named(hub, school).id, hub.now_ms())
        return csv_answer(
            f"{school}-rooms",
            WALL_HEAD,
            [_wall_row(v, zone, say(f"status.{v.status}", language), language) for v in views],
        )

    @router.get("/rooms/{uid}", responses=answers(RoomOut))
    async def room(uid: str) -> Response:
        return answer(room_out(_view_of(hub, uid), zone_of(hub, uid.partition(".")[0])))


def _past_routes(hub: Hub, router: APIRouter) -> None:
    @router.get("/rooms/{uid}/history", responses=answers(HistoryOut))
    async def history(uid: str, quantity: Quantity = "co2_ppm", range: Range = Range.HOURS_24) -> Response:  # noqa: A002
        return answer(await _history(hub, uid, quantity, range))

    @router.get("/rooms/{uid}/history.csv")
    async def history_csv(uid: str, quantity: Quantity = "co2_ppm", range: Range = Range.HOURS_24) -> Response:  # noqa: A002
        found = await _history(hub, uid, quantity, range)
        rows = [(p.time, p.mean, p.minimum, p.maximum, p.count) for p in found.points]
        head = ("time", f"{quantity}_mean", f"{quantity}_min", f"{quantity}_max", "count")
        return csv_answer(f"{uid.replace('.', '-')}-{quantity}-{range.value}", head, rows)

    @router.get("/rooms/{uid}/readings.csv")
    async def readings_csv(uid: str, range: Range = Range.HOURS_24) -> Response:  # noqa: A002
        found, zone, now_ms = room_named(hub, uid), zone_of(hub, uid.partition(".")[0]), hub.now_ms()
        try:
            rows = await hub.series.raw(
                found.school, found.id, None, window(range, now_ms).from_ms, now_ms + 1, MAX_EXPORT_ROWS
            )
        except StoreDown as down:
            raise Problem(503, text("error.store_down")) from down
        plan = await run_in_threadpool(hub.schools.schedule, found.school)
        lines = _with_lessons(rows, plan, found.id, zone)
        return csv_answer(f"{uid.replace('.', '-')}-readings-{range.value}", READINGS_HEAD, lines)


def _view_of(hub: Hub, uid: str) -> RoomView:
    """Raises Problem."""
    known = room_named(hub, uid)
    if known.retired and known.retirement is not None:
        raise Problem(404, text("error.room_retired", id=known.name, day=known.retirement.since), field="uid")
    view = hub.live.room(uid, hub.now_ms())
    if view is None:
        raise Problem(404, text("error.no_room", id=uid[:130]), field="uid")
    return view


def _with_lessons(rows: Iterable[Row], plan: Schedule | None, of: str, zone: ZoneInfo) -> Iterator[list[Cell]]:
    """Each row with what was planned here at its own time, as the plan is known now."""
    planned: Context | None = None
    for t_ms, device, quantity, room, value in rows:
        if planned is None or not planned.holds(t_ms):
            planned = context_at(plan, of, t_ms)
        lesson = planned.lesson
        what: list[Cell] = [None, None, None] if lesson is None else [lesson.id, lesson.subject, planned.classes]
        yield [moment(t_ms, zone), device, quantity, room, value, *what]


async def _history(hub: Hub, uid: str, quantity: str, chosen: Range) -> HistoryOut:
    room, zone = room_named(hub, uid), zone_of(hub, uid.partition(".")[0])
    known = [key for key, one in QUANTITIES.items() if one.kind is not Kind.TEXT]
    if quantity != PEOPLE and quantity not in known:
        raise Problem(422, text("error.range", choices=", ".join((*known, PEOPLE))), field="quantity")
    over = window(chosen, hub.now_ms())
    try:
        buckets = await quantity_history(hub, room, quantity, over)
    except StoreDown as down:
        raise Problem(503, text("error.store_down")) from down
    unit = QUANTITIES[quantity].unit if quantity in QUANTITIES else ""
    points = tuple(PointOut(rfc3339(b.t_ms, zone), b.mean, b.minimum, b.maximum, b.count) for b in buckets)
    return HistoryOut(room.uid, quantity, unit, over.step_ms // 1000, points)


def _wall_row(view: RoomView, zone: ZoneInfo, status: str, language: str) -> list[Cell]:
    def when(t_ms: int | None) -> datetime | None:
        return None if t_ms is None else moment(t_ms, zone)

    lesson = view.lesson
    values = [view.values[key].value if key in view.values else None for key in WALL_COLUMNS]
    return [
        view.room, view.name, view.building, status, when(view.since_ms), reason_line(view, language),
        ", ".join(lesson.classes) if lesson else None, lesson.subject if lesson else None,
        ", ".join(lesson.teachers) if lesson else None, view.people.estimate, view.people.expected,
        when(view.newest_ms), view.stale, *values,
    ]  # fmt: skip
