"""What the hub does by the clock: follow the registry, save the live state, tend the store, let old readings go."""

from __future__ import annotations

import asyncio
import logging
import math
import time
from collections.abc import Callable, Coroutine
from functools import partial
from typing import TYPE_CHECKING, Any

from sqlalchemy import Engine, insert, select, update
from sqlalchemy.exc import InterfaceError, OperationalError, SQLAlchemyError

from hub import audit
from hub.alerts import log as alerts
from hub.alerts.log import AlertLog
from hub.broker.embedded import EmbeddedBroker
from hub.context import Hub
from hub.db.engine import reading
from hub.db.models import LiveSnapshotRow
from hub.derived import log as derive_log
from hub.derived.worker import Deriver
from hub.forecasts.nightly import Nightly
from hub.ingest.events import state_down
from hub.ingest.pipeline import Pipeline
from hub.live.snapshot import SnapshotError
from hub.notice import WAITS, Notice
from hub.registry.model import School
from hub.school.agenda import Agenda
from hub.school.intake import forget_held
from hub.school.ready import ReadyPlan
from hub.stores.mirror import RegistryMirror
from hub.stores.series import StoreDown
from wire.text import Text

if TYPE_CHECKING:  # the PostgreSQL driver is imported where there is a PostgreSQL
    from hub.db.claim import Claim

Work = Callable[[], Coroutine[Any, Any, None]]
_log = logging.getLogger(__name__)
FOLLOW_S = 2.0
COMMANDS_S = 0.5
RULES_S = 60.0
SAVE_S = 60.0
AGENDA_S = 10.0
DERIVE_S = 5.0
RETRY_S = 10.0
WARM_S = 1.5  # the rest of a province's plans is built while the pages serve already
TEND_S, TEND_AGAIN_S = 10.0, 0.05
FORECAST_FIRST_S, FORECAST_S = 20.0, 30.0  # the start is for readings and pages
RETENTION_FIRST_S, RETENTION_S = 600.0, 86_400.0
DAY_MS = 86_400_000
QUARANTINE_DAYS = 90


class Upkeep:
    """Its loops run until cancelled; each survives what goes wrong in it and tries again at its next turn."""

    def __init__(
        self,
        *,
        hub: Hub,
        pipeline: Pipeline,
        broker: EmbeddedBroker | None,
        alert_log: AlertLog,
        claim: Claim | None = None,
        deriver: Deriver | None = None,
        nightly: Nightly | None = None,
    ) -> None:
        self._hub = hub
        self._engine, self._registry, self._live, self._series = hub.engine, hub.registry, hub.live, hub.series
        self._config = hub.config
        self._pipeline, self._broker, self._now_ms = pipeline, broker, hub.now_ms
        self._mirror = RegistryMirror(hub.registry, hub.series)
        self._version = self._rooms_version = hub.registry.version
        self._schools = hub.schools
        self._plans: dict[str, ReadyPlan | None] = {}
        self._claim, self._alerts, self._agenda = claim, alert_log, Agenda(hub.engine)
        self._deriver, self._nightly = deriver, nightly
        self._failing: dict[str, Notice] = {}

    def loops(self) -> list[Work]:
        return [
            lambda: self._every(FOLLOW_S, FOLLOW_S, self._follow),
            *([lambda: self._every(FOLLOW_S, FOLLOW_S, self._renew)] if self._claim else []),
            lambda: self._every(alerts.STEP_S, alerts.STEP_S, self._alerts.note_causes),
            lambda: self._every(alerts.STEP_S, alerts.STEP_S, self._alerts.log_alerts),
            lambda: self._every(AGENDA_S, AGENDA_S, self._keep_agenda),
            *([lambda: self._every(DERIVE_S, DERIVE_S, self._derive)] if self._deriver else []),
            *([lambda: self._every(FORECAST_FIRST_S, FORECAST_S, self._forecast)] if self._nightly else []),
            lambda: self._every(COMMANDS_S, COMMANDS_S, self._hub.desk.carry_orders),
            lambda: self._every(FOLLOW_S, FOLLOW_S, self._hub.configurations.send_configurations),
            lambda: self._every(RULES_S, RULES_S, self._hub.policies.follow_rules),
            lambda: self._every(SAVE_S, SAVE_S, self.save),
            lambda: self._every(TEND_S, TEND_S, self._tend),
            lambda: self._every(RETENTION_FIRST_S, RETENTION_S, self._let_go),
        ]

    async def _every(self, first_s: float, then_s: float, work: Work) -> None:
        await asyncio.sleep(first_s)
        name = work.__name__.strip("_")
        while True:
            try:
                await work()
            except (StoreDown, SQLAlchemyError, OSError) as failed:
                if name not in self._failing:
                    _log.warning("%s: %s", name, failed)
                self._failing[name] = _notice(name, failed)
            except Exception as fault:  # noqa: BLE001  # supervisor of one job: a fault of ours must not end the hub
                if name not in self._failing:
                    _log.exception("%s failed; it is tried again", name)
                kind = type(fault).__name__  # what it says may name anything; it is in the log
                why = Text(f"lỗi phần mềm ({kind})", f"a software fault ({kind})")
                self._failing[name] = Notice("job.fails", _fails(name, why), subject=name)
            else:
                self._failing.pop(name, None)
            await asyncio.sleep(RETRY_S if name in self._failing else then_s)

    def problems(self) -> list[Notice]:
        """Jobs that fail now; each is tried again by itself."""
        return [*self._failing.values(), *(self._claim.problems() if self._claim else [])]

    async def _renew(self) -> None:
        if self._claim is not None:
            await self._pipeline.in_state_thread(self._claim.renew)

    async def _follow(self) -> None:
        """What another process (the command line) or a page wrote reaches everything that derives from it."""
        await self._pipeline.in_state_thread(self._registry.reload_if_changed)
        await self._pipeline.in_state_thread(lambda: self._registry.turn_day(self._now_ms()))
        version = self._registry.version
        if version != self._version:
            self._version = version
            for contact in self._pipeline.gateways.newly_accepted():
                self._pipeline.acks.answer(contact)
            if self._broker is not None:
                await self._pipeline.in_state_thread(self._broker.reload)
        await self._mirror.tell()
        await self._follow_plans()

    async def _follow_plans(self) -> None:
        """Imports and new rooms reach the plans, and the rooms live with them; plans are built in the state thread."""
        schools, registry = self._schools, self._registry
        await self._pipeline.in_state_thread(schools.reload_if_changed)
        if registry.version != self._rooms_version:
            version = registry.version
            await self._pipeline.in_state_thread(lambda: schools.notice_rooms(registry.rooms_ever))
            self._rooms_version = version
        await self._warm()

    async def _warm(self, longest_s: float = math.inf) -> None:
        """Make ready the days that are missing around now, one school at a time: nobody waits for all of them."""
        until = time.monotonic() + longest_s
        for school in self._registry.schools():
            if self._schools.lacks(school.id, self._now_ms()):
                await self._pipeline.in_state_thread(partial(self._schools.make_ready, school.id, self._now_ms()))
            plan = self._schools.known(school.id)
            if plan is not self._plans.get(school.id):
                self._live.replanned(school.id)
            self._plans[school.id] = plan
            if time.monotonic() >= until:
                return

    async def _keep_agenda(self) -> None:
        """Dated lessons follow the plans, one school at a time: events are committed in between."""
        for school in self._registry.schools():
            ready, now_ms = self._schools.known(school.id), self._now_ms()
            if ready is not None and self._agenda.due(school, ready.version, now_ms):
                await self._pipeline.in_state_thread(partial(self._write_agenda, school, ready.version, now_ms))

    def _write_agenda(self, school: School, version: int, now_ms: int) -> None:
        plan = self._schools.over(school.id, *self._agenda.span(school, now_ms))
        if plan is not None:
            self._agenda.write(school, plan, version, now_ms)

    async def _forecast(self) -> None:
        """What the night left to do for schools: hours, forecasts, devices' health."""
        if self._nightly is not None:
            await self._nightly.follow()

    async def _derive(self) -> None:
        """What follows from readings and plans: lessons that ended, days that are over or were corrected."""
        if self._deriver is not None:
            await self._deriver.follow()

    async def save(self) -> None:
        """Write the live state, so that the next start shows values with their ages instead of nothing."""
        at_ms, pieces = self._now_ms(), []
        for piece in self._live.snapshot_pieces():
            pieces.append(piece)
            await asyncio.sleep(0)  # messages and pages in between: a province's state takes a fifth of a second
        data = b"".join(pieces)
        await self._pipeline.in_state_thread(lambda: _write_snapshot(self._engine, data, at_ms))

    async def save_last(self) -> None:
        """At the end: a database that cannot take it must not keep the hub from stopping."""
        try:
            await self._hub.desk.carry_orders()
            await self.save()
        except SQLAlchemyError as failed:
            _log.warning("the live state, or how orders ended, was not saved: %s", failed)

    async def restore(self) -> None:
        """Take up plans and the saved live state; one that cannot be read is left out."""
        try:
            await self._mirror.tell()
        except StoreDown as down:  # a full disk keeps no hub from starting: `_follow` tries again
            _log.warning("%s", down)
        await self._warm(WARM_S)
        await self._alerts.restore()
        for desk in (self._hub.desk, self._hub.configurations, self._hub.policies):
            await desk.restore()
        data = await self._pipeline.in_state_thread(lambda: _read_snapshot(self._engine))
        if data is not None:
            try:
                self._live.restore(data, self._now_ms())
            except SnapshotError as broken:
                _log.warning("the saved live state cannot be used and is left out: %s", broken)

    async def _tend(self) -> None:
        """The store's own work (windows to sum up, history to move), a share at a time."""
        more = True
        while more:
            more = await self._series.tend(self._now_ms())
            await asyncio.sleep(TEND_AGAIN_S)  # pages and commits share the store with it

    def _bucket_keeps_less(self, keep_raw_days: int) -> bool:
        """InfluxDB lets go by itself, whole days at no cost; a delete of every school would rewrite them."""
        return self._config.store.kind == "influxdb" and 0 < self._config.influxdb.raw_days <= keep_raw_days

    async def _let_go(self) -> None:
        """Retention: raw readings older than their school keeps, quarantine entries long settled."""
        now_ms = self._now_ms()
        for school in self._registry.schools():
            if school.keep_raw_days is not None and not self._bucket_keeps_less(school.keep_raw_days):
                gone = await self._series.forget_before(school.id, now_ms - school.keep_raw_days * DAY_MS)
                if gone:
                    _log.info("%s: %d values older than %d days let go", school.id, gone, school.keep_raw_days)
        await self._pipeline.in_state_thread(lambda: audit.forget_before(self._engine, now_ms))
        await self._pipeline.in_state_thread(lambda: alerts.forget_before(self._engine, now_ms))
        await self._pipeline.in_state_thread(lambda: self._hub.desk.book.forget_before(now_ms))
        await self._pipeline.in_state_thread(lambda: self._agenda.forget_before(now_ms))
        await self._pipeline.in_state_thread(lambda: forget_held(self._engine, self._hub.schools.held, now_ms))
        await self._pipeline.in_state_thread(lambda: derive_log.forget_before(self._engine, now_ms))
        before = now_ms - QUARANTINE_DAYS * DAY_MS
        await self._pipeline.in_state_thread(lambda: self._pipeline.quarantine.forget_before(before))


def _fails(job: str, why: Text) -> Text:
    return Text(
        f"Việc nền “{job}” chưa làm được, sẽ tự thử lại: {why.vi}",
        f'The background job "{job}" fails and is tried again: {why.en}',
    )


def _notice(job: str, failed: StoreDown | SQLAlchemyError | OSError) -> Notice:
    """All jobs that wait for one server are one notice, of that server: each by itself would tell the same again."""
    broken = failed.__cause__ if isinstance(failed.__cause__, SQLAlchemyError) else failed
    if isinstance(broken, OperationalError | InterfaceError):
        return Notice(WAITS, _wait(state_down(broken).text), "critical", subject="state")
    if isinstance(broken, StoreDown):
        return Notice(WAITS, _wait(broken.text), "critical", subject="store")
    why = state_down(broken).text if isinstance(broken, SQLAlchemyError) else Text(str(broken), str(broken))
    return Notice("job.fails", _fails(job, why), subject=job)


def _wait(why: Text) -> Text:
    return Text(f"Các việc nền phải chờ, sẽ tự thử lại: {why.vi}", f"Background jobs wait and try again: {why.en}")


def _write_snapshot(engine: Engine, data: bytes, at_ms: int) -> None:
    with engine.begin() as connection:
        row = update(LiveSnapshotRow).where(LiveSnapshotRow.id == 1).values(data=data, at_ms=at_ms)
        if not connection.execute(row).rowcount:
            connection.execute(insert(LiveSnapshotRow).values(id=1, data=data, at_ms=at_ms))


def _read_snapshot(engine: Engine) -> bytes | None:
    with reading(engine).connect() as connection:
        found = connection.execute(select(LiveSnapshotRow.data).where(LiveSnapshotRow.id == 1)).scalar()
    return None if found is None else bytes(found)
