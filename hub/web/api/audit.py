"""/api/v1/audit: who changed what and when, the newest first."""

from typing import Annotated
from zoneinfo import ZoneInfo

from fastapi import APIRouter, Query
from starlette.concurrency import run_in_threadpool
from starlette.responses import Response

from hub import audit
from hub.context import Hub
from hub.web.api.asking import answer, answers
from hub.web.api.model import AuditOut
from hub.web.api.outgoing import rfc3339

ZONE = ZoneInfo("Asia/Ho_Chi_Minh")


def audit_routes(hub: Hub) -> APIRouter:
    router = APIRouter(prefix="/api/v1", tags=["audit"])

    @router.get("/audit", responses=answers(list[AuditOut]))
    async def entries(limit: Annotated[int, Query(ge=1, le=1_000)] = 100) -> Response:
        found = await run_in_threadpool(audit.entries, hub.engine, limit)
        return answer([AuditOut(each.who, each.what, rfc3339(each.at_ms, ZONE)) for each in found])

    return router
