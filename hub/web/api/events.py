"""What happened in a school: /api/v1/schools/{school}/events, newest first in pages, with the lesson of its own time.

Nothing of persons leaves: identities are counted by kind.
"""

from collections.abc import Callable
from datetime import datetime
from functools import partial
from typing import Annotated
from zoneinfo import ZoneInfo

import msgspec
from fastapi import APIRouter, Query
from starlette.concurrency import run_in_threadpool
from starlette.responses import Response

from hub.context import Hub
from hub.derived.events import Detail, Page, Place, Told, Wanted, page
from hub.web.api.asking import MAX_ID, answer, answers, school_named, zone_of
from hub.web.api.outgoing import rfc3339
from hub.web.problem import Problem
from hub.web.texts import text

DAY_MS = 86_400_000
MOST_DAYS = 31
MOST_EVENTS = 500
Name = Annotated[str | None, Query(max_length=MAX_ID)]
Moment = Annotated[str | None, Query(max_length=40, description="RFC 3339; without an offset the school's local time")]
After = Annotated[str | None, Query(max_length=100, description="`next` of the page before")]


class EventOut(msgspec.Struct, frozen=True):
    """One event of a thing. `data`: what it said, as far as that is of no person.

    `device_name` is what the school calls it today, wherever it hangs now; its id where it has no name.
    """

    id: str
    time: str
    kind: str
    device: str
    device_name: str
    room: str | None
    lesson: str | None
    classes: str | None
    data: dict[str, Detail]


class PersonsOut(msgspec.Struct, frozen=True):
    """How often readers and cameras told of persons in the time asked for, from and to whole hours."""

    kind: str
    count: int


class EventsOut(msgspec.Struct, frozen=True):
    """A page, newest first; `next` null: there is no more."""

    events: tuple[EventOut, ...]
    persons: tuple[PersonsOut, ...]
    next: str | None


def event_routes(hub: Hub) -> APIRouter:
    router = APIRouter(prefix="/api/v1/schools/{school}", tags=["events"])

    @router.get("/events", responses=answers(EventsOut))
    async def events(
        school: str,
        room: Name = None,
        since: Annotated[Moment, Query(alias="from")] = None,
        to: Moment = None,
        kind: Annotated[str | None, Query(max_length=40, pattern="^[a-z][a-z0-9_]*$")] = None,
        limit: Annotated[int, Query(ge=1, le=MOST_EVENTS)] = 100,
        after: After = None,
    ) -> Response:
        """Of the day before `to` (now), or from `from` on: 31 days at most."""
        known, zone = school_named(hub, school).id, zone_of(hub, school)
        if room is not None and hub.registry.room(known, room) is None:
            raise Problem(404, text("error.no_room", id=room), field="room")
        to_ms = hub.now_ms() + 1 if to is None else _moment(to, zone, "to")
        from_ms = to_ms - DAY_MS if since is None else _moment(since, zone, "from")
        if not 0 <= to_ms - from_ms <= MOST_DAYS * DAY_MS:
            raise Problem(422, text("error.event_span", days=MOST_DAYS), field="from")
        wanted = Wanted(known, from_ms, to_ms, room, kind)
        found = await run_in_threadpool(partial(page, hub.engine, wanted, limit, _place(after)))
        return answer(_out(found, zone, partial(_name, hub, known)))

    return router


def _moment(said: str, zone: ZoneInfo, field: str) -> int:
    try:
        when = datetime.fromisoformat(said)
        return int((when if when.tzinfo else when.replace(tzinfo=zone)).timestamp() * 1000)
    except (ValueError, OverflowError) as wrong:
        raise Problem(422, text("error.moment"), field=field) from wrong


def _place(after: str | None) -> Place | None:
    if after is None:
        return None
    t_ms, _, name = after.partition(".")
    if not (
        t_ms.isascii()
        and t_ms.isdecimal()
        and len(t_ms) <= len("9007199254740991")
        and name.isascii()
        and name.isprintable()
        and name
    ):
        raise Problem(422, text("error.after"), field="after")
    return int(t_ms), name


def _name(hub: Hub, school: str, device: str) -> str:
    known = hub.registry.device(school, device)
    return (known.name if known is not None else "") or device


def _out(found: Page, zone: ZoneInfo, named: Callable[[str], str]) -> EventsOut:
    persons = tuple(PersonsOut(kind, count) for kind, count in sorted(found.persons.items()))
    following = None if found.next is None else f"{found.next[0]}.{found.next[1]}"
    return EventsOut(tuple(_event_out(one, zone, named(one.device)) for one in found.events), persons, following)


def _event_out(one: Told, zone: ZoneInfo, name: str) -> EventOut:
    return EventOut(
        one.id, rfc3339(one.at_ms, zone), one.kind, one.device, name, one.room, one.lesson, one.classes, one.data
    )
