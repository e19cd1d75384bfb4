"""Quality of the school data: how good is what we were given, and what to mend where?"""

from fastapi import APIRouter
from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from hub.context import Hub
from hub.web.api.school_data import quality_out
from hub.web.pages.frame import chosen_school, embedded, render


def school_data_page_routes(hub: Hub) -> APIRouter:
    router = APIRouter(include_in_schema=False)

    @router.get("/school-data")
    async def page(request: Request) -> Response:
        school = chosen_school(request, hub)
        if school is None and hub.registry.schools():
            return RedirectResponse("/", status_code=303)
        if school is None:
            return render(request, hub, "empty.html", title="quality.title", page="imports")
        found = await run_in_threadpool(quality_out, hub, school)
        return render(
            request,
            hub,
            "school_data.html",
            title="quality.title",
            page="imports",
            school=school,
            words=("quality.", "imports.kind_", "devices.sign_in"),
            quality=embedded(found),
        )

    return router
