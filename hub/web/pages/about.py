"""What this is: version, licence, where the interface for programs is."""

from datetime import UTC, datetime
from zoneinfo import ZoneInfo

from fastapi import APIRouter
from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import Response

from hub import audit
from hub.context import Hub
from hub.web.guard import visitor_of
from hub.web.pages.frame import chosen_school, render
from wire.release import RELEASE

SHOWN = 20  # changes on the page; the interface gives more


def about_page_routes(hub: Hub) -> APIRouter:
    router = APIRouter(include_in_schema=False)

    @router.get("/about")
    async def page(request: Request) -> Response:
        school = chosen_school(request, hub)
        zone = ZoneInfo(school.timezone if school else "Asia/Ho_Chi_Minh")
        found = await run_in_threadpool(audit.entries, hub.engine, SHOWN) if visitor_of(request).may_change else []
        changes = [{"at": _local(each.at_ms, zone), "who": each.who, "what": each.what} for each in found]
        return render(
            request,
            hub,
            "about.html",
            title="about.title",
            page="about",
            school=school,
            version=RELEASE,
            started=_local(hub.started_ms, zone),
            changes=changes,
        )

    return router


def _local(t_ms: int, zone: ZoneInfo) -> str:
    return f"{datetime.fromtimestamp(t_ms / 1000, UTC).astimezone(zone):%d/%m/%Y %H:%M}"
