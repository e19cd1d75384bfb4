"""Once a night for every school: measure the day that ended, forecast the one that comes, examine the devices.

At the start what is missing is made up for, a share at a time; so is what a gateway kept while it was away. A school's
turn is a handful of queries for all its rooms; nothing of it is kept in memory but the findings.
"""

import asyncio
import logging
import time
from collections.abc import Awaitable, Callable, Iterable
from datetime import date, datetime, timedelta
from functools import partial
from typing import Any, Protocol
from zoneinfo import ZoneInfo

from sqlalchemy.exc import SQLAlchemyError

from hub.distribution import SECONDS, Distribution
from hub.forecasts.checkup import check
from hub.forecasts.late_hours import HOUR_MS, LateHours
from hub.forecasts.measured import day_hours
from hub.forecasts.rows import ForecastRows, Told
from hub.forecasts.tomorrow import Days, PlannedDay, room_forecasts
from hub.live.appliances import meters_whole_room
from hub.live.health.finding import SURE, Fault, Finding
from hub.notice import Notice
from hub.registry.model import School
from hub.registry.registry import Registry
from hub.stores.reader import SeriesReader
from hub.stores.series import StoreDown
from wire.text import Text

LEARN_DAYS = 56  # eight weeks are enough for four of each weekday, holidays among them
AFTER_MIDNIGHT_MS = 20 * 60_000  # late rows of the evening are in by then
AGAIN_DAYS = 2  # measured anew each night: rows of a gateway that was away
SHARE_S = 2.0  # in one turn; readings and pages are served in between
AGAIN_MS = 3_600_000
NAMED = 3  # devices in a notice
SOON_MS = 30 * 86_400_000
WEAR = frozenset({Fault.LAMP_END, Fault.BATTERY_END})
InThread = Callable[[Callable[[], Any]], Awaitable[Any]]
_log = logging.getLogger("classhub.forecasts")


class Plans(Protocol):
    """The plans of schools (hub.school.repository.Schools)."""

    def schedule(self, school: str) -> Days | None: ...


class Nightly:
    """Event loop; `follow` every minute or so. `findings` are the newest of each school."""

    def __init__(
        self,
        *,
        rows: ForecastRows,
        registry: Registry,
        schools: Plans,
        series: SeriesReader,
        in_thread: InThread,
        now_ms: Callable[[], int],
    ) -> None:
        self._rows, self._registry, self._schools, self._series = rows, registry, schools, series
        self._in_thread, self._now_ms = in_thread, now_ms
        self._done: dict[str, date] = {}  # the day each school was last forecast for
        self._done_ms: dict[str, int] = {}
        self._late = LateHours()
        self._not_before: dict[str, int] = {}
        self.findings: dict[str, list[Finding]] | None = None
        self.took_s = Distribution(SECONDS)
        self.failures = 0

    def late(self, school: str, instants: Iterable[int]) -> None:
        """Rows measured then came late."""
        self._late.note(school, instants, self._now_ms())

    async def follow(self) -> None:
        """Schools that are due, for a share of time. Raises StoreDown, SQLAlchemyError; what is due stays due."""
        if self.findings is None:
            found: dict[str, list[Finding]] = {}
            for school, finding in await self._in_thread(self._rows.findings):
                found.setdefault(school, []).append(finding)
            self.findings = found
        until = time.monotonic() + SHARE_S
        for school in self._registry.schools():
            if self._is_due(school):
                await self._guarded(school)
                if time.monotonic() >= until:
                    return

    async def school_turn(self, school: School) -> list[Told]:
        """All of one school now; what was forecast."""
        began = time.perf_counter()
        now_ms, zone = self._now_ms(), ZoneInfo(school.timezone)
        today = datetime.fromtimestamp(now_ms / 1000, zone).date()
        late = {datetime.fromtimestamp(hour * HOUR_MS / 1000, zone).date() for hour in self._late.take(school.id)}
        await self._measure(school, today, zone, late)
        told = await self._forecast(school, today, zone, now_ms)
        ratings = await self._in_thread(partial(self._rows.ratings, school.id))
        found = await check(self._series, self._registry, school.id, zone, ratings, now_ms)
        await self._in_thread(partial(self._rows.put_findings, school.id, found, now_ms))
        if self.findings is None:
            self.findings = {}
        self.findings[school.id] = found
        self.took_s.observe(time.perf_counter() - began)
        return told

    def problems(self) -> list[Notice]:
        """Of each school: devices that surely say what is not so, and those that end within the month."""
        notices = []
        now_ms = self._now_ms()
        for school, findings in (self.findings or {}).items():
            sure = [one for one in findings if one.sure >= SURE]
            suspect = sorted({one.device for one in sure if one.fault not in WEAR})
            ending = sorted({one.device for one in sure if one.fault in WEAR and one.ends_ms is not None
                             and one.ends_ms < now_ms + SOON_MS})  # fmt: skip
            if suspect:
                notices.append(Notice("device.suspect", _suspect(self._told(school, suspect)), school=school))
            if ending:
                notices.append(Notice("device.ending", _ending(self._told(school, ending)), school=school))
        return notices

    def distributions(self) -> dict[str, Distribution]:
        return {"forecast_seconds": self.took_s}

    def figures(self) -> dict[str, float]:
        """For /metrics."""
        every = [one for found in (self.findings or {}).values() for one in found]
        return {"device_findings": len(every), "forecast_failures_total": self.failures}

    # ---- inside ----

    def _told(self, school: str, devices: list[str]) -> list[Text]:
        """Devices by their names and rooms: an id of a gateway tells nobody where to go."""
        return [self._spoken(school, device) for device in devices]

    def _spoken(self, school: str, device: str) -> Text:
        known, place = self._registry.device(school, device), self._registry.room_of(school, device, self._now_ms())
        name = known.name if known and known.name else device
        room = None if place is None else self._registry.room(school, place)
        if room is None or room.name in name:
            return Text(name, name)
        return Text(f"{name} ở {room.name}", f"{name} in {room.name}")

    def _is_due(self, school: School) -> bool:
        now_ms = self._now_ms()
        if now_ms < self._not_before.get(school.id, 0):
            return False
        day = datetime.fromtimestamp((now_ms - AFTER_MIDNIGHT_MS) / 1000, ZoneInfo(school.timezone)).date()
        return self._done.get(school.id) != day or self._late.due(school.id, self._done_ms.get(school.id, 0), now_ms)

    async def _guarded(self, school: School) -> None:
        now_ms = self._now_ms()
        day = datetime.fromtimestamp((now_ms - AFTER_MIDNIGHT_MS) / 1000, ZoneInfo(school.timezone)).date()
        try:
            await self.school_turn(school)
        except (StoreDown, SQLAlchemyError):
            raise
        except Exception:  # noqa: BLE001 - supervisor of one school: it must not keep the others waiting
            self.failures += 1
            self._not_before[school.id] = now_ms + AGAIN_MS
            _log.exception("%s cannot be forecast; it is tried again in an hour", school.id)
        else:
            self._done[school.id], self._done_ms[school.id] = day, now_ms

    async def _measure(self, school: School, today: date, zone: ZoneInfo, late: set[date]) -> None:
        """Days not measured yet, the newest anew, and those of which something came late."""
        first = today - timedelta(days=LEARN_DAYS)
        measured = await self._in_thread(partial(self._rows.measured, school.id, first))
        room_of = partial(self._registry.room_of, school.id)

        def whole_room(device: str) -> bool:
            known = self._registry.device(school.id, device)
            return known is not None and meters_whole_room(device, known.name, known.model)

        for back in range(1, LEARN_DAYS + 1):
            day = today - timedelta(days=back)
            if day in measured and day not in late and back > AGAIN_DAYS:
                continue
            hours = await day_hours(self._series, school.id, day, zone, room_of, whole_room)
            await self._in_thread(partial(self._rows.put_hours, school.id, day, hours))

    async def _forecast(self, school: School, today: date, zone: ZoneInfo, now_ms: int) -> list[Told]:
        """Today, where it was not forecast the night before, and tomorrow."""
        there = await self._in_thread(partial(self._rows.forecast_days, school.id))
        wanted = [day for day in (today, today + timedelta(days=1)) if day > today or day not in there]
        past_days = [today - timedelta(n) for n in range(LEARN_DAYS, 0, -1)]
        rooms = {day: self._registry.rooms_on(school.id, day) for day in wanted}
        known = await self._in_thread(partial(self._rows.hours, school.id, past_days[0], past_days[-1]))

        def work() -> dict[date, list[Told]]:
            plan = self._schools.schedule(school.id)
            days = [PlannedDay(day, plan, zone) for day in past_days]
            return {day: room_forecasts(rooms[day], known, days, PlannedDay(day, plan, zone), now_ms) for day in wanted}

        made = await asyncio.to_thread(work)
        for day, told in made.items():
            await self._in_thread(partial(self._rows.put_forecasts, school.id, day, told))
        return [one for told in made.values() for one in told]


def _suspect(devices: list[Text]) -> Text:
    names = _names(devices)
    who = "1 device measures" if len(devices) == 1 else f"{len(devices)} devices measure"
    return Text(
        f"{len(devices)} thiết bị có số liệu đáng ngờ ({names.vi}): xem trang Thiết bị",
        f"{who} what cannot be believed ({names.en}): see the devices page",
    )


def _ending(devices: list[Text]) -> Text:
    names = _names(devices)
    what = "1 battery or lamp" if len(devices) == 1 else f"{len(devices)} batteries or lamps"
    return Text(
        f"{len(devices)} thiết bị sắp hết pin hoặc đèn trong 30 ngày ({names.vi}): xem trang Thiết bị",
        f"{what} will end within 30 days ({names.en}): see the devices page",
    )


def _names(devices: list[Text]) -> Text:
    more = " …" if len(devices) > NAMED else ""
    shown = devices[:NAMED]
    return Text(", ".join(one.vi for one in shown) + more, ", ".join(one.en for one in shown) + more)
