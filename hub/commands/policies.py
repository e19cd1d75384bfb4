"""Rules at work: once a minute what hub.live.policy would switch is ordered, or in a dry run only written down.

Event loop only; rooms, devices and lessons are answered from memory.
"""

import asyncio
import logging
from collections.abc import Callable
from datetime import datetime
from functools import partial
from zoneinfo import ZoneInfo

import msgspec
from sqlalchemy import Engine, insert, select, update

from hub.commands.command import BY_RULE, Refused, Wanted, takes
from hub.commands.desk import CommandDesk
from hub.commands.way import Way
from hub.db.command_models import PolicyRow
from hub.db.engine import reading
from hub.live.engine import LiveEngine
from hub.live.policy import (
    ONE_ORDER_MS,
    RULES,
    Mode,
    OnSince,
    Rule,
    Watched,
    is_on,
    may_order_again,
    why_act,
    why_not_on,
)
from hub.live.views import DeviceView, RoomView
from hub.registry.model import School
from hub.school.schedule import Schedule
from wire.text import Text

_log = logging.getLogger(__name__)
TABLE = PolicyRow.metadata.tables["policy"]
MOST_AT_ONCE = 20  # orders of one school and look: the others come with the next
Name = tuple[str, str]  # school, rule; or school, device


class Setting(msgspec.Struct, frozen=True):
    """How far a rule may go in a school, who said so, and what its dry run has watched."""

    mode: Mode = Mode.OFF
    since_ms: int = 0
    by: str = ""
    watched: Watched = Watched()


class Policies:
    """`follow_rules` once a minute."""

    def __init__(
        self,
        engine: Engine,
        way: Way,
        *,
        live: LiveEngine,
        schedule_of: Callable[[str], Schedule | None],
        desk: CommandDesk,
    ) -> None:
        self._engine, self._way, self._live = engine, way, live
        self._schedule_of, self._desk = schedule_of, desk
        self._settings: dict[Name, Setting] = {}
        self._ordered: dict[str, dict[Name, int]] = {}  # rule -> device -> its last order
        self._on = OnSince()
        self.orders = 0

    async def restore(self) -> None:
        self._settings = await self._way.in_thread(lambda: settings(self._engine))
        since_ms = self._way.now_ms() - ONE_ORDER_MS
        for rule in RULES:
            self._ordered[rule] = await self._way.in_thread(
                partial(self._desk.book.last_of_rules, since_ms, BY_RULE + rule)
            )

    def setting(self, school: str, rule: str) -> Setting:
        return self._settings.get((school, rule), Setting())

    def why_not_on(self, school: str, rule: str) -> Text | None:
        found = self.setting(school, rule)
        return why_not_on(found.mode, found.watched)

    async def choose(self, school: str, rule: str, mode: Mode, by: str) -> Setting:
        """Raises Refused where it may not be turned on yet, SQLAlchemyError."""
        if rule not in RULES:
            raise Refused(Text(f"không có quy tắc {rule[:64]}", f"there is no rule {rule[:64]}"), "rule", 404)
        before = self.setting(school, rule)
        if mode is before.mode:
            return before
        refusal = self.why_not_on(school, rule) if mode is Mode.ON else None
        if refusal is not None:
            raise Refused(refusal, "mode", 409)
        watched = before.watched if mode is Mode.ON else Watched()
        chosen = Setting(mode, self._way.now_ms(), by, watched)
        await self._way.in_thread(lambda: write(self._engine, {(school, rule): chosen}))
        self._settings[school, rule] = chosen
        return chosen

    # ---- once a minute ----

    async def follow_rules(self) -> None:
        """One look at every school that asked for it. Raises SQLAlchemyError."""
        now_ms = self._way.now_ms()
        changed: dict[Name, Setting] = {}
        for (school_id, rule_id), found in list(self._settings.items()):
            school, schedule = self._way.registry.school(school_id), self._schedule_of(school_id)
            if found.mode is Mode.OFF or rule_id not in RULES or school is None or schedule is None:
                continue
            is_open = schedule.in_school_hours(now_ms)
            if is_open is None:
                continue  # without a timetable in force no room is known to be without a lesson
            await asyncio.sleep(0)  # messages and pages in between: a province has 730 schools
            await self._look(school, RULES[rule_id], found, schedule, now_ms)
            if found.mode is Mode.DRY_RUN and is_open:
                watched = found.watched.another(_local_date(school, now_ms))
                changed[school_id, rule_id] = msgspec.structs.replace(found, watched=watched)
        self._on.forget(now_ms - ONE_ORDER_MS)
        if changed:
            await self._way.in_thread(lambda: note_watched(self._engine, changed))
        for name, setting in changed.items():
            if self._settings[name].since_ms == setting.since_ms:  # nobody chose another mode meanwhile
                self._settings[name] = setting

    async def _look(self, school: School, rule: Rule, setting: Setting, schedule: Schedule, now_ms: int) -> None:
        rooms = {view.room: view for view in self._live.wall(school.id, now_ms)}
        given = 0
        for device in self._live.devices(school.id, now_ms):
            room = rooms.get(device.room) if device.room is not None else None
            why = None if room is None else self._why(rule, device, room, schedule, now_ms)
            if why is not None and given < MOST_AT_ONCE and await self._act(rule, setting, device, why, now_ms):
                given += 1

    def _why(self, rule: Rule, device: DeviceView, room: RoomView, schedule: Schedule, now_ms: int) -> Text | None:
        name = (device.school, device.device)
        since_ms = self._on.look(name, now_ms, on=is_on(rule, device))
        if since_ms is None or not may_order_again(self._ordered.get(rule.id, {}).get(name), now_ms):
            return None
        if not takes(self._desk.accepts(*name), rule.kind, ""):
            return None
        return why_act(rule, room, schedule, since_ms, now_ms)

    async def _act(self, rule: Rule, setting: Setting, device: DeviceView, why: Text, now_ms: int) -> bool:
        """Order it, or write down that it would be; a refusal (its gateway is away) is tried again in a minute."""
        wanted = Wanted(device.school, device.device, rule.kind, "", by=BY_RULE + rule.id, reason=why)
        try:
            await (self._desk.issue(wanted) if setting.mode is Mode.ON else self._desk.rehearse(wanted))
        except Refused as refused:
            _log.info("%s %s/%s: %s", rule.id, device.school, device.device, refused.text.en)
            return False
        self._ordered.setdefault(rule.id, {})[device.school, device.device] = now_ms
        self.orders += 1
        return True

    def figures(self) -> dict[str, float]:
        """For /metrics."""
        return {"policy_orders_total": self.orders}


def _local_date(school: School, now_ms: int) -> str:
    return datetime.fromtimestamp(now_ms / 1000, ZoneInfo(school.timezone)).date().isoformat()


# ---- SQL; blocks ----


def settings(engine: Engine) -> dict[Name, Setting]:
    with reading(engine).connect() as connection:
        return {
            (row.school, row.rule): Setting(
                Mode(row.mode),
                row.since_ms,
                row.set_by,
                Watched(row.watched_day, row.watched_min, row.longest_day_min),
            )
            for row in connection.execute(select(TABLE))
        }


def write(engine: Engine, changed: dict[Name, Setting]) -> None:
    with engine.begin() as connection:
        for (school, rule), setting in changed.items():
            chosen = {"mode": setting.mode.value, "since_ms": setting.since_ms, "set_by": setting.by}
            values = chosen | _columns(setting.watched)
            is_it = (TABLE.c.school == school) & (TABLE.c.rule == rule)
            if not connection.execute(update(TABLE).where(is_it).values(**values)).rowcount:
                connection.execute(insert(TABLE).values(school=school, rule=rule, **values))


def note_watched(engine: Engine, changed: dict[Name, Setting]) -> None:
    """Only what the dry run has watched, and only where nobody chose another mode meanwhile."""
    with engine.begin() as connection:
        for (school, rule), setting in changed.items():
            is_it = (TABLE.c.school == school) & (TABLE.c.rule == rule) & (TABLE.c.since_ms == setting.since_ms)
            connection.execute(update(TABLE).where(is_it).values(**_columns(setting.watched)))


def _columns(watched: Watched) -> dict[str, str | int]:
    return {"watched_day": watched.day, "watched_min": watched.minutes, "longest_day_min": watched.longest_min}
