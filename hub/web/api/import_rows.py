"""An import row by row: /api/v1/imports/{number}/rows, for operators; the sources a school's imports have."""

import asyncio
from typing import Annotated

from fastapi import APIRouter, Path, Query
from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import Response

from hub.context import Hub
from hub.school.journal import UnknownImport
from hub.web.api.asking import answer, answers
from hub.web.api.import_rows_model import ImportRowsOut
from hub.web.guard import visitor_of
from hub.web.import_rows import MOST_ROWS, PAGE_ROWS, Shown, Wanted, import_rows
from hub.web.problem import Problem
from hub.web.texts import text

AT_ONCE = 2  # a held import is weighed anew for each page: that may need much memory
Number = Annotated[int, Path(ge=1, le=2**31 - 1)]
Table = Annotated[str, Query(max_length=32, description="one table; without it all of them")]
Offset = Annotated[int, Query(ge=0, le=10_000_000)]
Limit = Annotated[int, Query(ge=1, le=MOST_ROWS)]


def import_row_routes(hub: Hub) -> APIRouter:
    router = APIRouter(prefix="/api/v1/imports", tags=["imports"])
    turnstile = asyncio.Semaphore(AT_ONCE)

    @router.get("/{number}/rows", responses=answers(ImportRowsOut))
    async def rows(
        request: Request,
        number: Number,
        shown: Shown = Shown.ALL,
        table: Table = "",
        offset: Offset = 0,
        limit: Limit = PAGE_ROWS,
    ) -> Response:
        """What it changes or changed, whether it waits, holds or was taken back."""
        if not visitor_of(request).may_change:  # it says more than a page open to all should
            raise Problem(401, text("error.sign_in"))
        async with turnstile:
            try:
                found = await run_in_threadpool(import_rows, hub, number, Wanted(shown, table, offset, limit))
            except UnknownImport as unknown:
                raise Problem(404, text("imports.unknown", id=str(unknown)), field="number") from unknown
        return answer(found)

    return router
