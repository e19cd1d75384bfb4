"""Derives what is due, a bounded share at a time: lessons soon after they end, days when they are over or corrected."""

import asyncio
import logging
import time
from collections.abc import Callable, Iterable
from datetime import date, datetime
from functools import partial
from zoneinfo import ZoneInfo

import msgspec
from sqlalchemy.exc import SQLAlchemyError

from hub.derived.derivation import AFTER_DAY_MS, ESTIMATES_BACK_MS, Derivation, Refold, day_of
from hub.derived.due import Due, Reason, mark_days, next_due, postpone, waiting
from hub.derived.silent import FROM_PLANS, Silence
from hub.derived.stores import Stores
from hub.registry.model import School
from hub.school.ready import ReadyPlan
from hub.stores.series import StoreDown

_log = logging.getLogger("classhub.derived")
AGAIN_MS = 3_600_000
WAIT_MS = 5 * 60_000  # rows of a lesson's last minutes come late, and its minutes are closed and stored by then
SHARE_S = 2.0  # of derivations in one turn; readings and pages are served in between
LATE_EVERY_MS = 5 * 60_000
MOST_LATE = 20_000
Late = tuple[str, int]  # school and an instant of the day


class _Today(msgspec.Struct):
    """A school's date with the ends of its lessons, of that plan; looked at until `looked_ms`."""

    day: date
    plan: ReadyPlan | None
    starts_ends: list[tuple[int, int]]
    looked_ms: int


class Deriver:
    """Event loop. `follow` every few seconds; the intake tells `late` of rows that came late."""

    def __init__(
        self,
        stores: Stores,
        *,
        now_ms: Callable[[], int],
        refold: Refold | None = None,
        estimates_back_ms: int = ESTIMATES_BACK_MS,
    ) -> None:
        self._engine, self._registry, self._schools = stores.engine, stores.registry, stores.schools
        self._in_thread, self._now_ms = stores.in_thread, now_ms
        self._derivation = Derivation(stores, refold, estimates_back_ms)
        self._silence = Silence(stores)
        self._sifted: dict[str, int] = {}  # when a school's days were looked through for silent ones
        self._today: dict[str, _Today] = {}
        self._late: set[Late] = set()
        self._late_ms = 0
        self._due = (0, 0)  # how many days wait, for how long the first does (ms)
        self.days = self.lessons = self.changed = self.failures = 0

    def late(self, school: str, instants: Iterable[int]) -> None:
        """Rows measured then came late; hours are enough to tell their days."""
        if len(self._late) < MOST_LATE:
            self._late.update((school, t_ms // 3_600_000) for t_ms in instants)

    def figures(self) -> dict[str, float]:
        """For /metrics."""
        return {
            "derived_days_total": self.days,
            "derived_lessons_total": self.lessons,
            "derived_changes_total": self.changed,
            "derive_failures_total": self.failures,
            "derive_due_days": self._due[0],
            "derive_due_age_seconds": self._due[1] / 1000,
        }

    async def follow(self) -> None:
        """One turn. Raises StoreDown, SQLAlchemyError; what is due stays due."""
        until = time.monotonic() + SHARE_S
        await self._mark_late()
        for school in self._registry.schools():
            await self._ended(school)
            if time.monotonic() >= until:
                break
        more = True
        while more and time.monotonic() < until:
            more = await self.next_day()

    async def next_day(self) -> bool:
        """Derive the next day that is due; False where none is."""
        now_ms = self._now_ms()
        found: list[Due] = await self._in_thread(partial(self._next, now_ms))
        for due in found:
            await self._in_thread(partial(self._catch_up, due.school))
            if await self._silent_too(due, now_ms):
                return True
            try:
                outcome = await self._derivation.next_step(due, now_ms)
            except (StoreDown, SQLAlchemyError):
                raise
            except Exception:  # noqa: BLE001 - supervisor of one day: it must not keep the others waiting
                self.failures += 1
                _log.exception("%s of %s cannot be derived; it is tried again in an hour", due.day, due.school)
                await self._in_thread(partial(self._postpone, due, now_ms + AGAIN_MS))
                continue
            if outcome is None:
                continue  # a room of it is done, and whoever asked meanwhile goes first
            self.days += 1
            self.changed += outcome.added + outcome.changed + outcome.removed + outcome.statuses_changed
        return bool(found)

    # ---- inside ----

    def _catch_up(self, school: str) -> None:
        """After it was asked for, not before: what an import or a new name asks for is derived from that."""
        self._schools.reload_if_changed()
        self._registry.reload_if_changed()
        self._schools.notice_rooms(self._registry.rooms_ever, school)

    async def _silent_too(self, due: Due, now_ms: int) -> bool:
        """Where many days of a school were asked for, those of which nothing is known are struck off together, once."""
        school = self._registry.school(due.school)
        if school is None or due.reason not in FROM_PLANS or due.since_ms <= self._sifted.get(due.school, -1):
            return False
        self._sifted[due.school] = now_ms
        return await self._silence.strike(school, now_ms) > 0

    def _postpone(self, due: Due, not_before_ms: int) -> None:
        with self._engine.begin() as connection:
            postpone(connection, due, not_before_ms)

    def _next(self, now_ms: int) -> list[Due]:
        with self._engine.connect() as connection:
            count, since_ms = waiting(connection, now_ms)
            self._due = (count, max(0, now_ms - since_ms) if since_ms is not None else 0)
            return next_due(connection, now_ms, 1)

    async def _mark_late(self) -> None:
        """Days whose readings came late, at most once in five minutes: a gateway that is back sends for a while."""
        now_ms = self._now_ms()
        if not self._late or 0 <= now_ms - self._late_ms < LATE_EVERY_MS:
            return
        taken, self._late, self._late_ms = self._late, set(), now_ms
        days: dict[str, set[str]] = {}
        for name, hour in taken:
            school = self._registry.school(name)
            if school is not None:
                days.setdefault(name, set()).add(_local_day(school, hour * 3_600_000).isoformat())

        def mark() -> None:
            with self._engine.begin() as connection:
                for name, theirs in sorted(days.items()):
                    mark_days(connection, name, sorted(theirs), Reason.LATE, now_ms)

        try:
            await self._in_thread(mark)
        except Exception:
            self._late |= taken
            raise

    async def _ended(self, school: School) -> None:
        """Records of the lessons that ended since the last look, all of a school at once."""
        now_ms = self._now_ms()
        today = await self._day(school, now_ms)
        until_ms = now_ms - WAIT_MS
        ended = [(start, end) for start, end in today.starts_ends if today.looked_ms < end <= until_ms]
        if not ended:
            return
        first, last = min(start for start, _ in ended), max(end for _, end in ended)
        self.lessons += await self._derivation.ended_lessons(school, today.day, first, last, now_ms)
        today.looked_ms = until_ms
        if all(end <= until_ms for _, end in today.starts_ends):
            await self._mark(school, today.day, now_ms)  # the school is out: waste and all records of the day
        await asyncio.sleep(0)

    async def _day(self, school: School, now_ms: int) -> _Today:
        day, plan = _local_day(school, now_ms), self._schools.known(school.id)
        known = self._today.get(school.id)
        if known is not None and known.day == day and known.plan is plan:
            return known
        looked_ms = known.looked_ms if known is not None and known.day == day else now_ms - WAIT_MS
        found = _learn(day, plan, looked_ms)
        if (known is None or known.plan is None) and any(end <= looked_ms for _, end in found.starts_ends):
            await self._mark(school, day, now_ms)  # lessons ended while no hub ran
        if known is None or known.day != day:
            over_ms = day_of(school, day, now_ms).day_to_ms + AFTER_DAY_MS
            await self._mark(school, day, now_ms, over_ms)
        self._today[school.id] = found
        return found

    async def _mark(self, school: School, day: date, now_ms: int, not_before_ms: int | None = None) -> None:
        """A new day is asked for before it is over, so that it is derived whoever runs then."""

        def mark() -> None:
            with self._engine.begin() as connection:
                days = [day.isoformat()]
                mark_days(connection, school.id, days, Reason.ENDED, now_ms, not_before_ms=not_before_ms)

        await self._in_thread(mark)


def _local_day(school: School, t_ms: int) -> date:
    return datetime.fromtimestamp(t_ms / 1000, ZoneInfo(school.timezone)).date()


def _learn(day: date, plan: ReadyPlan | None, looked_ms: int) -> _Today:
    ready = plan.days.get(day) if plan is not None else None
    lessons = ready.school_day.lessons if ready is not None else ()
    return _Today(day, plan, sorted({(one.start_ms, one.end_ms) for one in lessons}), looked_ms)
