"""What this is: version, licence, where the interface for programs is."""

from datetime import UTC, datetime
from zoneinfo import ZoneInfo

from fastapi import APIRouter
from starlette.requests import Request
from starlette.responses import Response

from hub.context import Hub
from hub.web.pages.frame import chosen_school, render
from wire.release import RELEASE


def about_page_routes(hub: Hub) -> APIRouter:
    router = APIRouter(include_in_schema=False)

    @router.get("/about")
    async def page(request: Request) -> Response:
        school = chosen_school(request, hub)
        zone = ZoneInfo(school.timezone if school else "Asia/Ho_Chi_Minh")
        started = datetime.fromtimestamp(hub.started_ms / 1000, UTC).astimezone(zone)
        return render(
            request,
            hub,
            "about.html",
            title="about.title",
            page="about",
            school=school,
            version=RELEASE,
            started=f"{started:%d/%m/%Y %H:%M}",
        )

    return router
