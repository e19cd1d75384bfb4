"""The import centre: what will this file change? The difference first, problems by row, apply, reject, undo."""

from fastapi import APIRouter
from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from hub.context import Hub
from hub.school.journal import UnknownImport
from hub.school.saved_maps import saved_maps
from hub.web.guard import visitor_of
from hub.web.import_rows import Wanted, import_rows, sources
from hub.web.imports import detail, history
from hub.web.pages.frame import chosen_school, embedded, render

SHOWN = 60


def import_page_routes(hub: Hub) -> APIRouter:
    router = APIRouter(include_in_schema=False)

    @router.get("/imports")
    async def page(request: Request) -> Response:
        school = chosen_school(request, hub)
        if school is None and hub.registry.schools():
            return RedirectResponse("/", status_code=303)
        if school is None:
            return render(request, hub, "empty.html", title="imports.title", page="imports")
        entries = await run_in_threadpool(history, hub, school.id, SHOWN)
        shown = request.query_params.get("show", "")
        opened = rows = None
        if shown.isdecimal() and visitor_of(request).may_change:
            try:
                opened = await run_in_threadpool(detail, hub, int(shown[:9]))
                rows = await run_in_threadpool(import_rows, hub, int(shown[:9]), Wanted())
            except UnknownImport:
                opened = None  # an old link: the history stands there anyway
        maps = await run_in_threadpool(saved_maps, hub.engine, school.id) if visitor_of(request).may_change else []
        return render(
            request,
            hub,
            "imports.html",
            title="imports.title",
            page="imports",
            school=school,
            words=("imports.",),
            entries=embedded(entries),
            opened=embedded(opened),
            rows=embedded(rows),
            maps=embedded(maps),
            sources=await run_in_threadpool(sources, hub, school.id),
        )

    return router
