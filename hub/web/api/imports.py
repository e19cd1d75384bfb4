"""Imports of school data: /api/v1/imports, one of them, its decision and undoing, and a school's limits."""

import asyncio
import logging
from collections.abc import Callable
from contextlib import suppress
from datetime import date
from pathlib import Path
from typing import Annotated, ParamSpec, TypeVar

import msgspec
from fastapi import APIRouter, Query
from sqlalchemy.exc import SQLAlchemyError
from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import Response

from hub.context import Hub
from hub.db.engine import reading
from hub.school import journal
from hub.school.bells import HAND
from hub.school.importers.column_map import ColumnMap, SheetKind
from hub.school.intake import ImportResult, NotHeld
from hub.school.journal import SHRINK_PCT, SHRINK_PCT_USUAL, Kind, UnknownImport
from hub.school.kept import Gone
from hub.school.saved_maps import COLUMN_MAP, saved_maps
from hub.school.undo import CannotUndo
from hub.web.api.asking import answer, answers, body, school_named, takes
from hub.web.api.import_model import ImportDetailOut, ImportOptions, ImportOut
from hub.web.api.import_rows import Number
from hub.web.guard import visitor_of
from hub.web.imports import Upload, detail, history, incoming, received, take
from hub.web.problem import Problem
from hub.web.texts import text

_log = logging.getLogger(__name__)
AT_ONCE = 2  # files read at the same time: each may need much memory
Limit = Annotated[int, Query(ge=1, le=500)]
Name = Annotated[str, Query(max_length=1_000)]  # any name a disk may have; only its end is kept
P = ParamSpec("P")
T = TypeVar("T")


def import_routes(hub: Hub) -> APIRouter:
    router = APIRouter(prefix="/api/v1", tags=["imports"])
    _journal_routes(hub, router)
    _upload_routes(hub, router)
    _decision_routes(hub, router)
    _option_routes(hub, router)
    _column_map_routes(hub, router)
    return router


def _journal_routes(hub: Hub, router: APIRouter) -> None:
    @router.get("/imports", responses=answers(list[ImportOut]))
    async def imports(school: str | None = None, limit: Limit = 100) -> Response:
        if school is not None:
            school_named(hub, school)
        return answer(await run_in_threadpool(history, hub, school, limit))

    @router.get("/imports/{number}", responses=answers(ImportDetailOut))
    async def one(request: Request, number: Number) -> Response:
        _operators_only(request)
        return answer(await run_in_threadpool(_known, detail, hub, number))


def _upload_routes(hub: Hub, router: APIRouter) -> None:
    turnstile = asyncio.Semaphore(AT_ONCE)

    @router.post("/imports", responses=answers(ImportDetailOut))
    async def upload(
        request: Request,
        school: str,
        name: Name = "upload",
        kind: Kind | None = None,
        valid_from: date | None = None,
        first_week: Annotated[str | None, Query(pattern="^(odd|even)$")] = None,
        ask: bool = True,  # noqa: FBT001, FBT002
        source: Annotated[str, Query(max_length=64, description="a stream beside the usual one")] = "",
    ) -> Response:
        """The file is the body. With `ask` it waits for apply or reject; else what is not suspicious is applied."""
        wanted = Upload(school_named(hub, school).id, name, kind, valid_from, first_week, ask, _source(source))
        if kind is Kind.EDIT:
            raise Problem(422, text("error.range", choices="roster, timetable"), field="kind")
        who = visitor_of(request).operator or ""
        try:
            with await run_in_threadpool(incoming, hub.config.hub.data_dir) as folder:
                path = await received(request, Path(folder), name)
                async with turnstile:  # only now: who sends slowly keeps nobody waiting
                    result = await run_in_threadpool(take, hub, wanted, path, who)
        except OSError as away:  # of the disk or the reading, not of the file: that would be an import, refused
            _log.warning("an upload could not be read: %s", type(away).__name__)
            raise Problem(503, text("imports.not_read")) from away
        asked = {"school": school, "import": result.id, "status": result.status}
        request.scope.setdefault("state", {})["asked"] = asked  # for the audit record; the file's name may name people
        hub.fanout.refresh()
        return answer(await run_in_threadpool(detail, hub, result.id, result.findings.problems))


def _decision_routes(hub: Hub, router: APIRouter) -> None:
    async def done(work: Callable[[], ImportResult]) -> Response:
        try:
            result = await run_in_threadpool(_known, work)
        except (NotHeld, CannotUndo, Gone) as refused:
            raise Problem(409, refused.text, field="number") from refused
        with suppress(SQLAlchemyError):  # decided it is; the pulls follow by themselves a little later
            await hub.pulls.follow()
        hub.fanout.refresh()
        return answer(await run_in_threadpool(detail, hub, result.id))

    @router.post("/imports/{number}/apply", responses=answers(ImportDetailOut))
    async def apply_import(request: Request, number: Number) -> Response:
        who = visitor_of(request).operator or ""
        return await done(lambda: hub.schools.decide(number, who, hub.now_ms(), apply=True))

    @router.post("/imports/{number}/reject", responses=answers(ImportDetailOut))
    async def reject_import(request: Request, number: Number) -> Response:
        who = visitor_of(request).operator or ""
        return await done(lambda: hub.schools.decide(number, who, hub.now_ms(), apply=False))

    @router.post("/imports/{number}/undo", responses=answers(ImportDetailOut))
    async def undo_import(request: Request, number: Number) -> Response:
        who = visitor_of(request).operator or ""
        return await done(lambda: hub.schools.undo(number, who, hub.now_ms()))


def _option_routes(hub: Hub, router: APIRouter) -> None:
    @router.get("/schools/{school}/import-options", responses=answers(ImportOptions))
    async def import_options(school: str) -> Response:
        school_named(hub, school)
        return answer(ImportOptions(await run_in_threadpool(_shrink_pct, hub, school)))

    @router.put(
        "/schools/{school}/import-options", responses=answers(ImportOptions), openapi_extra=takes(ImportOptions)
    )
    async def choose_import_options(request: Request, school: str) -> Response:
        school_named(hub, school)
        wanted = await body(request, ImportOptions)
        if not 1 <= wanted.shrink_pct <= 100:  # noqa: PLR2004  per cent
            raise Problem(422, text("error.range", choices="1–100"), field="shrink_pct")
        who = visitor_of(request).operator or ""

        def work() -> None:
            with hub.engine.begin() as connection:
                journal.choose(connection, school, SHRINK_PCT, wanted.shrink_pct, who, hub.now_ms())

        await run_in_threadpool(work)
        return answer(wanted)


def _column_map_routes(hub: Hub, router: APIRouter) -> None:
    @router.get("/schools/{school}/column-maps", responses=answers(list[ColumnMap]))
    async def column_maps(school: str) -> Response:
        school_named(hub, school)
        return answer(await run_in_threadpool(saved_maps, hub.engine, school))

    @router.put("/schools/{school}/column-maps", responses=answers(ColumnMap), openapi_extra=takes(ColumnMap))
    async def save_column_map(request: Request, school: str) -> Response:
        """Kept for the school and used for every later spreadsheet of its kind."""
        school_named(hub, school)
        wanted = await body(request, ColumnMap)
        who, name = visitor_of(request).operator or "", f"{COLUMN_MAP}{wanted.kind.value}"

        def work() -> None:
            with hub.engine.begin() as connection:
                journal.choose(connection, school, name, msgspec.to_builtins(wanted), who, hub.now_ms())

        await run_in_threadpool(work)
        return answer(wanted)

    @router.delete("/schools/{school}/column-maps/{kind}", responses=answers(list[ColumnMap]))
    async def drop_column_map(school: str, kind: SheetKind) -> Response:
        """Later spreadsheets of this kind are read by proposal again. Answers with the maps that are left."""
        school_named(hub, school)

        def work() -> bool:
            with hub.engine.begin() as connection:
                return journal.forget_choice(connection, school, f"{COLUMN_MAP}{kind.value}")

        if not await run_in_threadpool(work):
            raise Problem(404, text("imports.no_map"), field="kind")
        return answer(await run_in_threadpool(saved_maps, hub.engine, school))


def _shrink_pct(hub: Hub, school: str) -> int:
    with reading(hub.engine).begin() as connection:
        return int(journal.option(connection, school, SHRINK_PCT, SHRINK_PCT_USUAL))


def _known(work: Callable[P, T], *given: P.args, **named: P.kwargs) -> T:
    try:
        return work(*given, **named)
    except UnknownImport as unknown:
        raise Problem(404, text("imports.unknown", id=str(unknown)), field="number") from unknown


def _source(name: str) -> str:
    """What people set by hand is no file's to replace."""
    if name != name.strip() or not name.isprintable() or name == HAND:
        raise Problem(422, text("imports.bad_source"), field="source")
    return name


def _operators_only(request: Request) -> None:
    """What an import changes says more than a page open to all should."""
    if not visitor_of(request).may_change:
        raise Problem(401, text("error.sign_in"))
