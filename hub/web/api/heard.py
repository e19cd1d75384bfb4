"""What gateways hear and nobody reads, and the mappings that make readings of it: …/gateways/{gateway}/heard."""

from typing import Annotated

from fastapi import APIRouter, Query
from starlette.requests import Request
from starlette.responses import Response

from hub.commands.command import Refused
from hub.context import Hub
from hub.web.api.asking import MAX_ID, answer, answers, body, school_named, takes, zone_of
from hub.web.api.command_model import GatewaySettingsOut, HeardOut
from hub.web.api.outgoing import rfc3339
from hub.web.guard import visitor_of
from hub.web.problem import Problem
from hub.web.texts import text
from wire.mapping import Figure, Mapping

Part = Annotated[str, Query(max_length=400)]


def heard_routes(hub: Hub) -> APIRouter:
    router = APIRouter(prefix="/api/v1/schools/{school}/gateways/{gateway}", tags=["gateways"])

    def known(school: str, gateway: str) -> None:
        school_named(hub, school)
        if hub.registry.gateway(school, gateway[:MAX_ID]) is None:
            raise Problem(404, text("error.no_gateway", id=gateway[:MAX_ID]), field="gateway")

    def settings(school: str, gateway: str) -> Response:
        hub.fanout.refresh()
        return answer(gateway_settings(hub, school, gateway))

    @router.get("/heard", responses=answers(GatewaySettingsOut))
    async def heard(school: str, gateway: str) -> Response:
        known(school, gateway)
        return answer(gateway_settings(hub, school, gateway))

    @router.post("/mappings", responses=answers(GatewaySettingsOut), openapi_extra=takes(Mapping))
    async def accept_mapping(request: Request, school: str, gateway: str) -> Response:
        known(school, gateway)
        mapping = await body(request, Mapping)
        try:
            await hub.configurations.accept(school, gateway, mapping, visitor_of(request).operator or "")
        except Refused as refused:
            raise Problem(refused.status, refused.text, refused.field) from refused
        return settings(school, gateway)

    @router.delete("/mappings", responses=answers(GatewaySettingsOut))
    async def remove_mapping(
        request: Request, school: str, gateway: str, topic: Part, quantity: Part, path: Part = ""
    ) -> Response:
        known(school, gateway)
        request.scope.setdefault("state", {})["asked"] = {"topic": topic, "path": path, "quantity": quantity}
        try:
            figure = (topic, path, quantity)
            await hub.configurations.remove(school, gateway, figure, visitor_of(request).operator or "")
        except Refused as refused:
            raise Problem(refused.status, refused.text, refused.field) from refused
        return settings(school, gateway)

    return router


def gateway_settings(hub: Hub, school: str, gateway: str) -> GatewaySettingsOut:
    stored = hub.configurations.of(school, gateway)
    state = hub.gateways.state_of(school, gateway)
    mappings = stored.mappings if stored else ()
    own = {(one.topic, one.path) for one in (state.own_mappings if state else ())}
    return GatewaySettingsOut(
        version=stored.version if stored else 0,
        confirmed=hub.configurations.confirmed(school, gateway),
        pending=hub.configurations.pending(school, gateway),
        by=stored.by if stored else "",
        at=rfc3339(stored.at_ms if stored else None, zone_of(hub, school)),
        mappings=mappings,
        hidden=tuple(Figure(one.topic, one.path) for one in mappings if (one.topic, one.path) in own),
        heard=tuple(
            HeardOut(each.source, each.topic, each.path, each.count, each.example, each.proposal)
            for each in (state.heard if state else ())
        ),
    )
