"""/api/v1/schools"""

from fastapi import APIRouter
from starlette.responses import Response

from hub.context import Hub
from hub.registry.model import School
from hub.web.api.asking import answer, answers, school_named
from hub.web.api.model import SchoolOut


def school_routes(hub: Hub) -> APIRouter:
    router = APIRouter(prefix="/api/v1/schools", tags=["schools"])

    def out(school: School) -> SchoolOut:
        registry = hub.registry
        return SchoolOut(
            school.id,
            school.name,
            school.timezone,
            school.simulated,
            len(registry.rooms(school.id)),
            len(registry.devices(school.id)),
            len(registry.gateways(school.id)),
        )

    @router.get("", responses=answers(list[SchoolOut]))
    async def schools() -> Response:
        return answer([out(school) for school in hub.registry.schools()])

    @router.get("/{school}", responses=answers(SchoolOut))
    async def one(school: str) -> Response:
        return answer(out(school_named(hub, school)))

    return router
