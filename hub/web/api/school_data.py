"""How good a school's data is: /api/v1/schools/{school}/data-quality; other names of its rooms."""

from datetime import datetime
from zoneinfo import ZoneInfo

import msgspec
from fastapi import APIRouter
from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import Response

from hub.context import Hub
from hub.registry.model import School
from hub.school.names import room_key
from hub.school.quality import Issue, Proposal
from hub.school.quality_data import school_issues, sources
from hub.web.api.asking import answer, answers, body, change, room_named, school_named, takes
from hub.web.api.import_model import ImportOut
from hub.web.api.model import Done, Words
from hub.web.api.outgoing import words
from hub.web.imports import import_out
from hub.web.problem import Problem
from hub.web.texts import text

MAX_ALIAS, MAX_ALIASES = 100, 40


class IssueOut(msgspec.Struct, frozen=True):
    kind: str
    count: int
    serious: bool
    what: Words
    todo: Words
    examples: tuple[str, ...]
    proposals: tuple[Proposal, ...]


class QualityOut(msgspec.Struct, frozen=True):
    """`sources` are the imports in force, the newest first."""

    issues: tuple[IssueOut, ...]
    sources: tuple[ImportOut, ...]


class AddAlias(msgspec.Struct, frozen=True):
    alias: str


def school_data_routes(hub: Hub) -> APIRouter:
    router = APIRouter(prefix="/api/v1", tags=["school data"])

    @router.get("/schools/{school}/data-quality", responses=answers(QualityOut))
    async def quality(school: str) -> Response:
        return answer(await run_in_threadpool(quality_out, hub, school_named(hub, school)))

    @router.post("/rooms/{uid}/aliases", responses=answers(Done), openapi_extra=takes(AddAlias))
    async def add_alias(request: Request, uid: str) -> Response:
        room, wanted = room_named(hub, uid), await body(request, AddAlias)
        alias = " ".join(wanted.alias.split())
        if not alias or len(alias) > MAX_ALIAS or len(room.aliases) >= MAX_ALIASES:
            raise Problem(422, text("quality.bad_alias", n=MAX_ALIAS), field="alias")
        others = [one for one in hub.registry.rooms(room.school) if one.id != room.id]
        if any(room_key(alias) in {room_key(name) for name in (one.id, one.name, *one.aliases)} for one in others):
            raise Problem(422, text("quality.alias_taken", alias=alias), field="alias")
        if alias in {room.name, *room.aliases}:
            return answer(Done())
        named = msgspec.structs.replace(room, aliases=(*room.aliases, alias))

        def work() -> None:
            hub.registry.add_room(named)
            hub.schools.notice_rooms(hub.registry.rooms)

        return await change(hub, work)

    return router


def quality_out(hub: Hub, school: School) -> QualityOut:
    """Blocks."""
    today = datetime.fromtimestamp(hub.now_ms() / 1000, ZoneInfo(school.timezone)).date()
    return QualityOut(
        tuple(_issue_out(issue) for issue in school_issues(hub.engine, school.id, today)),
        tuple(import_out(hub, entry) for entry in sources(hub.engine, school.id)),
    )


def _issue_out(issue: Issue) -> IssueOut:
    return IssueOut(
        issue.kind.value,
        issue.count,
        issue.serious,
        words(issue.what),
        words(issue.todo),
        issue.examples,
        issue.proposals,
    )
