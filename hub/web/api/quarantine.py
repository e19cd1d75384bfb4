"""/api/v1/quarantine: what could not be read, to replay or to discard."""

from typing import Annotated
from zoneinfo import ZoneInfo

from fastapi import APIRouter, Path, Query
from starlette.concurrency import run_in_threadpool
from starlette.responses import Response

from hub.context import Hub
from hub.ingest.quarantine import QuarantineEntry
from hub.web.api.asking import answer, answers
from hub.web.api.model import Done, QuarantineOut
from hub.web.api.outgoing import rfc3339
from hub.web.problem import Problem
from hub.web.texts import text

Digest = Annotated[str, Path(pattern="^[0-9a-f]{64}$")]
MAX_RAW_SHOWN = 4_096


def quarantine_routes(hub: Hub) -> APIRouter:
    router = APIRouter(prefix="/api/v1/quarantine", tags=["quarantine"])

    @router.get("", responses=answers(list[QuarantineOut]))
    async def entries(limit: Annotated[int, Query(ge=1, le=1_000)] = 200) -> Response:
        found = await run_in_threadpool(hub.quarantine.entries, limit)
        return answer([quarantine_out(entry, _zone(hub, entry.school)) for entry in found])

    @router.post("/{digest}/replay", responses=answers(Done))
    async def replay(digest: Digest) -> Response:
        return await settle(digest, replayed=True)

    @router.post("/{digest}/discard", responses=answers(Done))
    async def discard(digest: Digest) -> Response:
        return await settle(digest, replayed=False)

    async def settle(digest: str, *, replayed: bool) -> Response:
        if await run_in_threadpool(hub.quarantine.entry, digest) is None:
            raise Problem(404, text("error.no_entry", id=digest[:12]), field="digest")
        wrong = await run_in_threadpool(hub.quarantine.replay if replayed else hub.quarantine.discard, digest)
        if wrong is not None:
            raise Problem(422, wrong)
        return answer(Done())

    return router


def quarantine_out(entry: QuarantineEntry, zone: ZoneInfo) -> QuarantineOut:
    """`raw` is cut to what a person can look through; bytes that are not UTF-8 show as escapes."""
    return QuarantineOut(
        entry.digest,
        entry.school,
        entry.gateway,
        entry.stream,
        entry.reason,
        entry.count,
        rfc3339(entry.first_ms, zone),
        rfc3339(entry.last_ms, zone),
        entry.status,
        len(entry.raw),
        entry.raw[:MAX_RAW_SHOWN].decode("utf-8", "backslashreplace"),
    )


def _zone(hub: Hub, school: str) -> ZoneInfo:
    known = hub.registry.school(school)
    return ZoneInfo(known.timezone if known else "Asia/Ho_Chi_Minh")
