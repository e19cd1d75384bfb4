"""Whether the hub lives and can serve (/healthz, /readyz), what it counts (/metrics), how it is (/api/v1/status)."""

from zoneinfo import ZoneInfo

from fastapi import APIRouter
from prometheus_client import CONTENT_TYPE_LATEST, generate_latest
from starlette.concurrency import run_in_threadpool
from starlette.responses import PlainTextResponse, Response

from hub.config import HUB_HEADER
from hub.context import Hub
from hub.db.engine import reading
from hub.web.api.asking import answer, answers
from hub.web.api.model import NoticeOut, StatusOut
from hub.web.api.outgoing import rfc3339
from wire.release import RELEASE


def status_routes(hub: Hub) -> APIRouter:
    router = APIRouter()

    @router.get("/healthz", include_in_schema=False)
    async def alive() -> Response:
        """Names the hub, so that `classhub doctor` knows another program on this port from it."""
        return PlainTextResponse("ok\n", headers={HUB_HEADER: hub.config.hub.id})

    @router.get("/readyz", include_in_schema=False)
    async def ready() -> Response:
        """Says only yes or no: it is open to anybody. The reasons are in /api/v1/status."""
        down = await run_in_threadpool(_database_down, hub)
        return PlainTextResponse("not ready\n" if down else "ready\n", status_code=503 if down else 200)

    @router.get("/metrics", include_in_schema=False)
    async def metrics() -> Response:
        if hub.metrics is None:
            return PlainTextResponse("# no metrics\n", media_type=CONTENT_TYPE_LATEST)
        text = await run_in_threadpool(generate_latest, hub.metrics)
        return Response(text, headers={"content-type": CONTENT_TYPE_LATEST})

    @router.get("/api/v1/status", responses=answers(StatusOut), tags=["status"])
    async def status() -> Response:
        return answer(
            StatusOut(
                RELEASE,
                hub.config.hub.id,
                rfc3339(hub.started_ms, ZoneInfo("Asia/Ho_Chi_Minh")),
                tuple(NoticeOut(each.code, each.severity, each.school, *each.text) for each in hub.problems()),
                hub.fanout.viewers,
                hub.ingest_figures(),
            )
        )

    return router


def _database_down(hub: Hub) -> bool:
    try:
        with reading(hub.engine).connect() as connection:
            connection.exec_driver_sql("SELECT 1")
    except Exception:  # noqa: BLE001 - whatever is wrong with it, the answer is "not ready"
        return True
    return False
