"""What every API handler does: find what the address names, read a bounded body, answer, describe itself."""

import re
from collections.abc import Awaitable, Callable
from datetime import datetime
from typing import Any, TypeVar
from zoneinfo import ZoneInfo

import msgspec
from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import Response

from hub.context import Hub
from hub.registry.changes import RegistryError
from hub.registry.model import Device, Room, School
from hub.web.api.model import Done
from hub.web.problem import Problem
from hub.web.texts import text
from wire.text import Text

B = TypeVar("B")
MAX_BODY_BYTES = 16_384
MAX_ID = 130
EARLIEST_YEAR = 2000  # a slip of the keyboard, such as the year 9999, would hide a device for good
FURTHEST_AHEAD_MS = 366 * 86_400_000
BEGINS = Text("thời điểm hiệu lực", "the time it takes effect")
ENDS = Text("thời điểm kết thúc", "the time it ends")
SCHEMAS = "#/components/schemas/{name}"
described: set[Any] = set()


def answer(value: Any, status: int = 200) -> Response:
    return Response(msgspec.json.encode(value), status, media_type="application/json")


def answers(kind: Any, status: int = 200) -> dict[int | str, dict[str, Any]]:
    """`responses=` of a route: the schema of what it answers with, collected for the OpenAPI document."""
    described.add(kind)
    (schema,), _ = msgspec.json.schema_components((kind,), ref_template=SCHEMAS)
    return {status: {"description": "", "content": {"application/json": {"schema": schema}}}}


def takes(kind: type) -> dict[str, Any]:
    """`openapi_extra=` of a route: the schema of its body."""
    described.add(kind)
    (schema,), _ = msgspec.json.schema_components((kind,), ref_template=SCHEMAS)
    return {"requestBody": {"required": True, "content": {"application/json": {"schema": schema}}}}


def school_named(hub: Hub, school: str) -> School:
    found = hub.registry.school(school[:MAX_ID])
    if found is None:
        raise Problem(404, text("error.no_school", id=school[:MAX_ID]), field="school")
    return found


def room_named(hub: Hub, uid: str) -> Room:
    found = hub.registry.room_by_uid(uid[:MAX_ID])
    if found is None:
        raise Problem(404, text("error.no_room", id=uid[:MAX_ID]), field="uid")
    return found


def device_named(hub: Hub, school: str, device: str) -> Device:
    school_named(hub, school)
    found = hub.registry.device(school, device[:MAX_ID])
    if found is None:
        raise Problem(404, text("error.no_device", id=device[:MAX_ID]), field="device")
    return found


def zone_of(hub: Hub, school: str) -> ZoneInfo:
    return ZoneInfo(school_named(hub, school).timezone)


async def body(request: Request, kind: type[B]) -> B:
    """The JSON body. Raises Problem with the field's name."""
    raw = bytearray()
    async for chunk in request.stream():
        raw += chunk
        if len(raw) > MAX_BODY_BYTES:
            raise Problem(413, text("error.too_large"))
    try:
        asked = msgspec.json.decode(bytes(raw) or b"{}", type=kind)
    except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError) as wrong:
        found = re.search(r"`\$\.?([^`]*)`$|field `([^`]+)`", str(wrong))
        field = next((part for part in found.groups() if part), None) if found else None
        raise Problem(422, text("error.body", reason=str(wrong)), field=field) from wrong
    request.scope.setdefault("state", {})["asked"] = asked  # for the audit record
    return asked


def instant(since: str, hub: Hub, school: str, first_ms: int | None = None, field: str = "from") -> int:
    """When a change takes effect: "now", "first" (reading), or a time; without offset it is the school's local time.

    Raises Problem about `field`.
    """
    if since == "now":
        return hub.now_ms()
    if since == "first":
        return hub.now_ms() if first_ms is None else first_ms
    try:
        when = datetime.fromisoformat(since[:40])
    except ValueError as wrong:
        reason = Text(
            "thời điểm phải là now, first hoặc dạng 2026-11-24T09:48:00+07:00",
            'a time is "now", "first" or like 2026-11-24T09:48:00+07:00',
        )
        raise Problem(422, reason, field=field) from wrong
    if when.tzinfo is None:
        when = when.replace(tzinfo=zone_of(hub, school))
    at_ms = int(when.timestamp() * 1000)
    if when.year < EARLIEST_YEAR or at_ms > hub.now_ms() + FURTHEST_AHEAD_MS:
        what = ENDS if field == "to" else BEGINS
        reason = Text(
            f"{what.vi} {since[:40]} phải từ năm {EARLIEST_YEAR} và không quá một năm sau hôm nay",
            f"{what.en} {since[:40]} must lie after {EARLIEST_YEAR} began and at most one year ahead",
        )
        raise Problem(422, reason, field=field)
    return at_ms


async def change(hub: Hub, work: Callable[[], object], after: Callable[[], Awaitable[None]] | None = None) -> Response:
    """Carry out a blocking change of the registry and show it to every viewer at once."""
    try:
        await run_in_threadpool(work)
    except RegistryError as wrong:
        raise Problem(422, wrong.text, field=wrong.field) from wrong
    if after is not None:
        await after()
    hub.fanout.refresh()
    return answer(Done())
