"""Quarantine: what could not be read, why, and what to do with it."""

from fastapi import APIRouter
from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import Response

from hub.context import Hub
from hub.web.pages.frame import chosen_school, embedded, language_of, render
from hub.web.shape import shape_entry

SHOWN = 200


def quarantine_page_routes(hub: Hub) -> APIRouter:
    router = APIRouter(include_in_schema=False)

    @router.get("/quarantine")
    async def page(request: Request) -> Response:
        entries = await run_in_threadpool(hub.quarantine.entries, SHOWN)
        return render(
            request,
            hub,
            "quarantine.html",
            title="quarantine.title",
            page="quarantine",
            school=chosen_school(request, hub),
            words=("quarantine.", "devices.sign_in", "devices.tele", "devices.event"),
            entries=embedded([shape_entry(entry, language_of(request, hub)) for entry in entries]),
        )

    return router
