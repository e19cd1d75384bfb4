"""How good a school's data is: /api/v1/schools/{school}/data-quality; other names of its rooms."""

from datetime import datetime
from threading import Lock
from zoneinfo import ZoneInfo

import msgspec
from fastapi import APIRouter
from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import Response

from hub.context import Hub
from hub.registry.model import Room, School
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
_naming = Lock()


class IssueOut(msgspec.Struct, frozen=True):
    """One kind of defect. `serious`: something is missing because of it; `meant`: it may well be as wanted."""

    kind: str
    count: int
    serious: bool
    meant: bool
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
        return await change(hub, lambda: _call(hub, room, alias))

    return router


def _call(hub: Hub, room: Room, alias: str) -> None:
    """Blocks. Raises Problem where the name says nothing, or is another room's."""
    with _naming:  # two names given at once are both kept
        known = hub.registry.room(room.school, room.id) or room
        if alias in {known.name, *known.aliases}:
            return
        if known.retired and known.retirement is not None:
            raise Problem(422, text("error.room_retired", id=known.name, day=known.retirement.since), field="alias")
        if not alias or len(alias) > MAX_ALIAS or len(known.aliases) >= MAX_ALIASES:
            raise Problem(422, text("quality.bad_alias", n=MAX_ALIAS), field="alias")
        others = [one for one in hub.registry.rooms(room.school) if one.id != room.id]
        if any(room_key(alias) in {room_key(name) for name in (one.id, one.name, *one.aliases)} for one in others):
            raise Problem(422, text("quality.alias_taken", alias=alias), field="alias")
        hub.registry.add_room(msgspec.structs.replace(known, aliases=(*known.aliases, alias)), now_ms=hub.now_ms())
    hub.schools.notice_rooms(hub.registry.rooms_ever)


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
        issue.meant,
        words(issue.what),
        words(issue.todo),
        issue.examples,
        issue.proposals,
    )
