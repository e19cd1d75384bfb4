"""Forecasts of rooms and the health of devices: /api/v1/rooms/{uid}/forecast, /api/v1/health/devices, lamps' hours."""

from datetime import date, datetime, timedelta
from typing import Annotated

from fastapi import APIRouter, Query
from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import Response

from hub.context import Hub
from hub.forecasts.checkup import usual_hours
from hub.forecasts.kept import how_kept
from hub.forecasts.rows import ForecastRows, SchoolHours, Told
from hub.live.forecast.backtest import FEWEST_DAYS
from hub.live.forecast.hours import Target
from hub.live.health.finding import Finding
from hub.web.api.asking import (
    MAX_ID,
    answer,
    answers,
    body,
    change,
    device_named,
    room_named,
    school_named,
    takes,
    zone_of,
)
from hub.web.api.forecast_model import DayForecastOut, FindingOut, ForecastsOut, HourOut, LampOut, LampRating
from hub.web.api.model import Done
from hub.web.api.outgoing import rfc3339, words
from hub.web.guard import visitor_of
from hub.web.problem import Problem
from hub.web.texts import text

CHECKED_DAYS = 14
RATED_RANGE = (100.0, 200_000.0)
UNITS = {Target.ENERGY: "kWh", Target.PEOPLE: "", Target.OCCUPIED: ""}
School = Annotated[str | None, Query(max_length=MAX_ID)]


def forecast_routes(hub: Hub) -> APIRouter:
    router = APIRouter(prefix="/api/v1", tags=["forecasts"])
    rows = ForecastRows(hub.engine)

    @router.get("/rooms/{uid}/forecast", responses=answers(ForecastsOut))
    async def forecast(uid: str) -> Response:
        room, zone = room_named(hub, uid), zone_of(hub, uid.partition(".")[0])
        today = datetime.fromtimestamp(hub.now_ms() / 1000, zone).date()

        def read() -> tuple[list[Told], dict[date, SchoolHours]]:
            first = today - timedelta(days=CHECKED_DAYS)
            told = rows.forecasts(room.school, room.id, first, today + timedelta(days=1))
            return told, rows.hours(room.school, first, today)

        told, known = await run_in_threadpool(read)
        days = [_day_out(one, told, known) for one in told if one.day >= today and room.on(one.day) is not None]
        return answer(ForecastsOut(room.uid, tuple(days)))

    @router.get("/health/devices", responses=answers(list[FindingOut]))
    async def devices(school: School = None) -> Response:
        if school is not None:
            school_named(hub, school)
        found = await run_in_threadpool(rows.findings, school)
        return answer([_finding_out(hub, name, one) for name, one in found if hub.registry.school(name) is not None])

    @router.get("/schools/{school}/devices/{device}/lamp", responses=answers(LampOut))
    async def rated(school: str, device: str) -> Response:
        known = device_named(hub, school, device)
        ratings = await run_in_threadpool(rows.ratings, school)
        return answer(LampOut(ratings.get(known.id), usual_hours(known)))

    @router.put("/schools/{school}/devices/{device}/lamp", responses=answers(Done), openapi_extra=takes(LampRating))
    async def lamp(request: Request, school: str, device: str) -> Response:
        known, asked = device_named(hub, school, device), await body(request, LampRating)
        if asked.rated_h is not None and not RATED_RANGE[0] <= asked.rated_h <= RATED_RANGE[1]:
            raise Problem(422, text("error.range", choices="100–200000"), field="rated_h")
        who, now_ms = visitor_of(request).operator or "", hub.now_ms()
        return await change(hub, lambda: rows.rate(school, known.id, asked.rated_h, who, now_ms))

    return router


def _day_out(one: Told, told: list[Told], known: dict[date, SchoolHours]) -> DayForecastOut:
    said = one.forecast
    kept = how_kept(told, known, one.target)
    return DayForecastOut(
        day=one.day.isoformat(),
        target=one.target.value,
        unit=UNITS[one.target],
        method=said.method.value,
        known_days=said.known_days,
        needed_days=FEWEST_DAYS,
        compared_days=said.compared.days,
        mae_seasonal=said.compared.seasonal,
        mae_timetable=said.compared.timetable,
        checked_days=kept.days,
        mae_so_far=kept.mae,
        inside_so_far=kept.inside,
        hours=tuple(
            HourOut(hour, each.value, each.low, each.high) for hour, each in enumerate(said.hours) if each is not None
        ),
    )


def _finding_out(hub: Hub, school: str, one: Finding) -> FindingOut:
    zone = zone_of(hub, school)
    return FindingOut(
        school=school,
        device=one.device,
        quantity=one.quantity,
        fault=one.fault.value,
        since=rfc3339(one.since_ms, zone),
        sure=one.sure,
        why=words(one.why),
        todo=words(one.todo),
        ends=rfc3339(one.ends_ms, zone),
        ends_early=rfc3339(one.ends_low_ms, zone),
        ends_late=rfc3339(one.ends_high_ms, zone),
    )
