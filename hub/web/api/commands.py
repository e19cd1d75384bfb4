"""Orders: POST /api/v1/schools/{school}/devices/{device}/commands, and what became of them."""

from typing import Annotated
from zoneinfo import ZoneInfo

from fastapi import APIRouter, Query
from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import Response

from hub.commands.command import Issued, Refused, Wanted
from hub.context import Hub
from hub.web.api.asking import MAX_ID, answer, answers, body, device_named, takes, zone_of
from hub.web.api.command_model import CommandOut, Order, OrderTaken
from hub.web.api.outgoing import rfc3339, words
from hub.web.guard import visitor_of
from hub.web.problem import Problem

DeviceName = Annotated[str | None, Query(max_length=MAX_ID)]


def command_routes(hub: Hub) -> APIRouter:
    router = APIRouter(prefix="/api/v1/schools/{school}", tags=["commands"])

    @router.post(
        "/devices/{device}/commands", status_code=202, responses=answers(OrderTaken, 202), openapi_extra=takes(Order)
    )
    async def command(request: Request, school: str, device: str) -> Response:
        known, asked = device_named(hub, school, device), await body(request, Order)
        by = visitor_of(request).operator or ""
        wanted = Wanted(known.school, known.id, asked.kind, asked.value, by, asked.expires_s)
        try:
            order = await hub.desk.issue(wanted)
        except Refused as refused:
            raise Problem(refused.status, refused.text, refused.field) from refused
        hub.fanout.refresh()
        return answer(OrderTaken(order.id, rfc3339(order.expires_ms, zone_of(hub, school))), 202)

    @router.get("/commands", responses=answers(list[CommandOut]))
    async def commands(
        school: str, limit: Annotated[int, Query(ge=1, le=1_000)] = 100, device: DeviceName = None
    ) -> Response:
        zone = zone_of(hub, school)
        found = await run_in_threadpool(hub.desk.book.of_school, school, limit, device)
        return answer([command_out(order, zone) for order in found])

    return router


def command_out(order: Issued, zone: ZoneInfo) -> CommandOut:
    return CommandOut(
        id=order.id,
        gateway=order.gateway,
        device=order.device,
        kind=order.kind,
        value=order.value,
        by=order.by,
        reason=words(order.reason),
        created=rfc3339(order.created_ms, zone),
        expires=rfc3339(order.expires_ms, zone),
        sent=rfc3339(order.sent_ms, zone),
        ended=rfc3339(order.ended_ms, zone),
        answered=rfc3339(order.answered_ms, zone),
        result=order.result,
        detail=words(order.detail),
        confirmed=order.confirmed,
    )
