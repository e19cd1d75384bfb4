"""Rooms whose minutes rest on other readings, or on another plan, than was known when they were lived: lived again.

One room a call, so that newer work and a hub that stops wait for a second and not for a school. What is left stands in
`derive_due.rooms`; a restart goes on with it.
"""

from collections.abc import Sequence
from datetime import timedelta
from functools import partial

from hub.derived.day import Span
from hub.derived.due import Due, Reason, take_off
from hub.derived.filled import put_filled
from hub.derived.filling import lived
from hub.derived.measured import QUARTER_MS
from hub.derived.stores import Stores
from hub.live.trace import MINUTE_MS
from hub.registry.model import School
from hub.school.plan import SchoolPlan
from hub.stores.series import RoomMinute

WARM_UP_MS = 24 * 3_600_000  # outdoor air is the lowest of a day, and air changes are learnt the evening before


class Again:
    """Event loop; SQL in the state thread, series through the reader, the computing in a thread."""

    def __init__(self, stores: Stores) -> None:
        self._engine, self._registry, self._schools = stores.engine, stores.registry, stores.schools
        self._series, self._in_thread = stores.series, stores.in_thread
        self._changed: dict[tuple[str, str], int] = {}

    async def one_room(self, due: Due, school: School, span: Span) -> None:
        """Work the first of the due's rooms out and take it off; all of them where no raw values are kept any more.

        Raises StoreDown, SQLAlchemyError: it stays on the list.
        """
        first = await self._series.raw(school.id, None, None, span.from_ms, span.to_ms, 1)
        name = due.rooms[0]
        room = self._registry.room(school.id, name)
        if not first or room is None:
            gone = due.rooms if not first else (name,)
            await self._in_thread(partial(self._done, due, gone, ()))
            return
        # Of a day whose morning was let go the morning stays as it was told.
        from_ms = max(span.from_ms, first[0][0] // MINUTE_MS * MINUTE_MS)
        before = timedelta(days=1)
        plan: SchoolPlan | None = await self._in_thread(
            partial(self._schools.over, school.id, due.day - before, due.day)
        )
        over = (from_ms, span.to_ms)
        minutes: list[RoomMinute] = []  # of a day on which the room was out of use there are none
        if room.on(due.day) is not None:
            minutes = await lived(self._series, self._registry, school, room, plan, from_ms - WARM_UP_MS, over)
        stored = await self._series.minutes(school.id, name, *over)
        if stored != minutes:
            await self._series.replace_minutes(school.id, name, *over, minutes)
        key = (school.id, due.day.isoformat())
        self._changed[key] = self._changed.get(key, 0) + _other(stored, minutes)
        moved = due.reason == Reason.DEVICE
        quarters = range(span.from_ms, span.to_ms, QUARTER_MS) if moved else ()
        await self._in_thread(partial(self._done, due, (name,), quarters))

    def take_changed(self, due: Due) -> int:
        """How many minutes of that day were lived differently since this was asked last (in this process)."""
        return self._changed.pop((due.school, due.day.isoformat()), 0)

    def _done(self, due: Due, rooms: Sequence[str], quarters: Sequence[int]) -> None:
        with self._engine.begin() as connection:
            take_off(connection, due, rooms)
            if quarters:
                put_filled(connection, due.school, due.day, rooms[0], quarters)


def _other(stored: Sequence[RoomMinute], minutes: Sequence[RoomMinute]) -> int:
    """How many minutes say something else than before; those that came or went count too."""
    known = {one.t_ms: _said(one) for one in stored}
    new = {one.t_ms: _said(one) for one in minutes}
    return sum(known.get(t_ms) != new.get(t_ms) for t_ms in known.keys() | new.keys())


def _said(one: RoomMinute) -> tuple[object, ...]:
    """Without the evidence, whose last decimals hang on the second at which it was weighed."""
    return one.status, one.lesson, one.people, one.people_low, one.people_high, one.air_changes_per_h
