"""Plans of all schools in memory: a few whole ones for pages, and of every school the days around now."""

from collections import OrderedDict
from collections.abc import Callable, Sequence
from datetime import date, datetime, timedelta
from threading import Lock, RLock
from zoneinfo import ZoneInfo

from sqlalchemy import Engine, func, select

from hub.db.engine import reading
from hub.registry.model import Room
from hub.registry.spell_rows import rooms_of
from hub.school.beliefs import Span
from hub.school.believed import believed_plan
from hub.school.journal import IMPORTS, timezone_of
from hub.school.plan import SchoolPlan
from hub.school.ready import EVENING_HOUR, ReadyPlan

MAX_WHOLE = 8  # whole plans kept in memory: those of the schools somebody looks at


class Plans:
    """`known` and `lacks` never wait; everything else may read the database: call it in a thread.

    Call `notice_rooms` when the registry's rooms may have changed, `reload_if_changed` now and then for imports of
    other processes.
    """

    def __init__(self, engine: Engine) -> None:
        self._engine = engine
        self._whole: OrderedDict[str, SchoolPlan | None] = OrderedDict()
        self._ready: dict[str, ReadyPlan | None] = {}
        self._rooms_known: dict[str, frozenset[Room]] = {}
        self._editing: dict[str, int] = {}
        self._building, self._order = RLock(), Lock()
        self.version = self._newest()

    def schedule(self, school: str) -> SchoolPlan | None:
        """The whole plan of the school, None where no timetable was imported. Built on first use, kept for a while."""
        with self._order:
            if school in self._whole:
                self._whole.move_to_end(school)
                return self._whole[school]
        with self._building:
            with self._order:
                if school in self._whole:
                    return self._whole[school]
            plan = self._build(school)
            self._keep(school, plan)
            return plan

    def known(self, school: str) -> ReadyPlan | None:
        """The days around now, as far as they are built; None where there is no timetable, or not yet."""
        return self._ready.get(school)

    def lacks(self, school: str, now_ms: int) -> bool:
        """Whether `make_ready` has something to do."""
        if school not in self._ready:
            return True
        ready = self._ready[school]
        return ready is not None and not _wanted(ready, now_ms) <= ready.dates

    def make_ready(self, school: str, now_ms: int) -> None:
        """Build the days the live state needs: today, in the evening tomorrow, yesterday if it was asked for."""
        with self._building:
            before = self._ready.get(school)
            zone = before.zone if before is not None else self.zone_of(school)
            today = datetime.fromtimestamp(now_ms / 1000, zone).date()
            wanted = _wanted(before, now_ms) if before is not None else _around(today, now_ms, zone)
            kept = {} if before is None else {day: before.days[day] for day in wanted & before.dates}
            missing = wanted - set(kept)
            plan = self._plan_for(school, missing) if missing else None
            if plan is None and missing:
                self._ready[school] = None
                return
            days = kept | {day: plan.ready(day) for day in missing if plan is not None}
            self._ready[school] = ReadyPlan(days, zone, self._editing.get(school, 0))

    def over(self, school: str, first: date, last: date) -> SchoolPlan | None:
        """A plan for these days only: quicker to build than the whole, and not kept."""
        with self._order:
            whole = self._whole.get(school)
        return whole if whole is not None else self._build(school, span=(first, last))

    def as_known(self, school: str, known_at_ms: int) -> SchoolPlan | None:
        """The whole plan as it was believed at that instant."""
        return self._build(school, known_at_ms=known_at_ms)

    def refresh(self, school: str) -> None:
        """Build what is in use of the school anew, in this thread; until then everybody keeps what was before."""
        with self._building:
            self._editing[school] = self._editing.get(school, 0) + 1
            with self._order:
                whole_used = school in self._whole
            if whole_used:
                self._keep(school, self._build(school))
            ready = self._ready.pop(school, None) if self._ready.get(school) is None else self._ready[school]
            if ready is not None:
                plan = self._plan_for(school, ready.dates)
                days = {} if plan is None else {day: plan.ready(day) for day in sorted(ready.dates)}
                self._ready[school] = ReadyPlan(days, ready.zone, self._editing[school]) if plan is not None else None

    def notice_rooms(self, rooms_ever: Callable[[str], Sequence[Room]], school: str | None = None) -> None:
        """Refresh the plans of schools (or of that one) whose rooms or names are no longer those they knew; who changed
        them asked for what follows from it.
        """
        known_of = self._rooms_known
        for name, known in list(known_of.items()) if school is None else [(school, known_of.get(school))]:
            rooms = frozenset(rooms_ever(name))
            if known is not None and known != rooms:
                self.refresh(name)
                known_of[name] = rooms

    def reload_if_changed(self) -> bool:
        """Notices imports another process wrote, and refreshes the plans that are in use."""
        with reading(self._engine).begin() as connection:
            newer = select(IMPORTS.c.school, IMPORTS.c.turn).where(IMPORTS.c.turn > self.version)
            found = connection.execute(newer).all()
        if not found:
            return False
        for school in {row.school for row in found}:
            self.refresh(school)
        self.version = max(row.turn for row in found)
        return True

    def _keep(self, school: str, plan: SchoolPlan | None) -> None:
        with self._order:
            self._whole[school] = plan
            self._whole.move_to_end(school)
            while len(self._whole) > MAX_WHOLE:
                self._whole.popitem(last=False)

    def _plan_for(self, school: str, days: frozenset[date] | set[date]) -> SchoolPlan | None:
        return self.over(school, min(days), max(days))

    def _build(self, school: str, *, known_at_ms: int | None = None, span: Span | None = None) -> SchoolPlan | None:
        with reading(self._engine).begin() as connection:
            rooms = rooms_of(connection, school, known_at_ms)
            if known_at_ms is None:
                # Kept ones may still be of the rooms before: only `notice_rooms` may say that they know these.
                self._rooms_known.setdefault(school, frozenset(rooms))
            return believed_plan(connection, school, rooms, known_at_ms=known_at_ms, span=span)

    def zone_of(self, school: str) -> ZoneInfo:
        with reading(self._engine).begin() as connection:
            return ZoneInfo(timezone_of(connection, school))

    def _newest(self) -> int:
        with reading(self._engine).begin() as connection:
            return int(connection.execute(select(func.max(IMPORTS.c.turn))).scalar() or 0)


def _around(today: date, now_ms: int, zone: ZoneInfo) -> frozenset[date]:
    evening = datetime.fromtimestamp(now_ms / 1000, zone).hour >= EVENING_HOUR
    return frozenset({today, today + timedelta(days=1)}) if evening else frozenset({today})


def _wanted(ready: ReadyPlan, now_ms: int) -> frozenset[date]:
    """The days that are needed now; those somebody asked for only where they lie around today."""
    today = datetime.fromtimestamp(now_ms / 1000, ready.zone).date()
    near = {today - timedelta(days=1), today, today + timedelta(days=1)}
    return (
        _around(today, now_ms, ready.zone) | (near & ready.asked) | {day for day in ready.dates & near if day >= today}
    )
