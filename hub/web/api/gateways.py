"""Gateways: /api/v1/schools/{school}/gateways(.csv), accepting and refusing."""

from fastapi import APIRouter
from starlette.responses import Response

from hub.context import Hub
from hub.web.api.asking import MAX_ID, answer, answers, change, school_named, zone_of
from hub.web.api.model import Done, GatewayOut
from hub.web.api.outgoing import gateway_out, moment
from hub.web.boards import gateways_shown
from hub.web.problem import Problem
from hub.web.tables import csv_answer
from hub.web.texts import text

COUNTS = ("expected", "received", "duplicate", "late", "lost", "overwritten", "quarantined", "outstanding")
HEAD = (
    "gateway", "name", "status", "online", "last_seen", "clock", "clock_skew_ms", "outbox_rows", "outbox_bytes",
    "flash_bytes", "flash_bytes_per_day", "set_aside", "software", "two_machines",
    *(f"tele_{name}" for name in COUNTS), "tele_dropped", *(f"event_{name}" for name in COUNTS), "event_dropped",
)  # fmt: skip


def gateway_routes(hub: Hub) -> APIRouter:
    router = APIRouter(prefix="/api/v1/schools/{school}", tags=["gateways"])

    def known(school: str, gateway: str) -> str:
        school_named(hub, school)
        if hub.registry.gateway(school, gateway[:MAX_ID]) is None:
            raise Problem(404, text("error.no_gateway", id=gateway[:MAX_ID]), field="gateway")
        return gateway

    @router.get("/gateways", responses=answers(list[GatewayOut]))
    async def gateways(school: str) -> Response:
        zone = zone_of(hub, school)
        return answer([gateway_out(view, zone) for view in gateways_shown(hub, school, hub.now_ms())])

    @router.get("/gateways.csv")
    async def gateways_csv(school: str) -> Response:
        zone = zone_of(hub, school)
        rows = [
            (
                view.gateway, view.name, view.status, view.online,
                None if view.last_seen_ms is None else moment(view.last_seen_ms, zone), view.clock, view.clock_skew_ms,
                view.outbox_rows, view.outbox_bytes, view.flash_bytes, view.flash_bytes_per_day, view.set_aside,
                view.software, view.two_machines,
                *(getattr(view.tele, name) for name in COUNTS), sum(view.tele.dropped.values()),
                *(getattr(view.event, name) for name in COUNTS), sum(view.event.dropped.values()),
            )
            for view in gateways_shown(hub, school, hub.now_ms())
        ]  # fmt: skip
        return csv_answer(f"{school}-gateways", HEAD, rows)

    @router.post("/gateways/{gateway}/accept", responses=answers(Done))
    async def accept(school: str, gateway: str) -> Response:
        name = known(school, gateway)
        return await change(hub, lambda: hub.registry.accept_gateway(school, name))

    @router.post("/gateways/{gateway}/refuse", responses=answers(Done))
    async def refuse(school: str, gateway: str) -> Response:
        name = known(school, gateway)
        return await change(hub, lambda: hub.registry.refuse_gateway(school, name))

    return router
