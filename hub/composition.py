"""Puts a hub together from its settings: every part but the web server, running, and taken down in reverse order."""

import asyncio
import fcntl
import logging
import time
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from pathlib import Path
from typing import TYPE_CHECKING, BinaryIO

from sqlalchemy import Engine

from hub.alerts.log import AlertLog
from hub.backup.jobs import control
from hub.backup.restore import MARKER
from hub.broker.embedded import EmbeddedBroker
from hub.broker.watch import BrokerWatch
from hub.commands.book import CommandBook
from hub.commands.configurations import Configurations
from hub.commands.desk import CommandDesk
from hub.commands.policies import Policies
from hub.commands.way import Way
from hub.config import BrokerSection, HubConfig
from hub.context import Hub
from hub.db.engine import DatabaseUnusable, open_database
from hub.derived.worker import Deriver
from hub.disk import disk_problems
from hub.exposure import plain_notices
from hub.forecasts.nightly import Nightly
from hub.forecasts.rows import ForecastRows
from hub.ingest.link import BrokerAddress
from hub.ingest.pipeline import Pipeline
from hub.ingest.quarantine import Quarantine
from hub.live.engine import LiveEngine
from hub.live.publish import Everybody
from hub.metrics import metrics_registry
from hub.pulse import Pulse
from hub.registry.registry import Registry
from hub.school.kept import held_folder
from hub.school.pulls.runner import Pulls
from hub.school.repository import Schools
from hub.server_clock import ServerClock
from hub.stores.duckdb import DuckDbSeries
from hub.stores.reader import SeriesReader
from hub.stores.series import SeriesStore, StoreDown
from hub.upkeep import Upkeep
from hub.web.push import Fanout
from wire.text import Text

if TYPE_CHECKING:
    from hub.db.claim import Claim

_log = logging.getLogger(__name__)
MB = 1_000_000
CLAIM_WAIT_S = 2.0  # what a hub that was killed just now needs to be gone
Tasks = list["asyncio.Task[None]"]


class ServiceError(Exception):
    """The hub cannot start or go on; `text` says why and what to do."""

    def __init__(self, text: Text) -> None:
        self.text = text
        super().__init__(text.both())


@asynccontextmanager
async def composed(config: HubConfig) -> AsyncIterator[tuple[Hub, Tasks]]:
    """A running hub and its tasks, none of which may end. Raises ServiceError or BrokerError where it cannot start."""
    async with AsyncExitStack() as stack:
        await _claim(config.hub.data_dir, stack)
        _refuse_half_restored(config.hub.data_dir)
        engine = _open_state(config)
        stack.callback(engine.dispose)
        claim = await _claim_state(config, engine, stack)
        clock = ServerClock()
        series = SeriesReader(_open_series(config, engine, clock))
        stack.push_async_callback(series.close)
        broker = await _start_broker(config, engine, stack)
        hub, pipeline = _assemble(config, engine, series, broker, clock)
        _tell_what_is_plain(config, hub)
        alert_log = _alert_log(hub, pipeline)
        deriver = _deriver(hub, pipeline)
        upkeep = Upkeep(
            hub=hub,
            pipeline=pipeline,
            alert_log=alert_log,
            claim=claim,
            broker=broker,
            deriver=deriver,
            nightly=_nightly(hub, pipeline),
        )
        hub.problem_sources.append(upkeep.problems)
        pulse = Pulse(
            live=hub.live,
            gateways=pipeline.gateways,
            publisher=Everybody(hub.fanout, alert_log),
            series=series,
            urgent=pipeline.outlets.urgent,
            now_ms=clock.now_ms,
        )
        pipeline.outlets.wake = pulse.wake
        hub.figure_sources.append(pulse.figures)
        hub.problem_sources.append(pulse.problems)
        hub.distribution_sources.append(lambda: {"live_beat_seconds": pulse.beat_s})
        try:
            await pipeline.restore()
            await upkeep.restore()
        except StoreDown as down:
            raise ServiceError(down.text) from down
        pipeline.start()
        stack.push_async_callback(pipeline.stop)
        stack.push_async_callback(upkeep.save_last)
        broker_loop = broker.run if broker else _watch_broker(config, hub).run
        works = [pulse.run, *upkeep.loops(), hub.pulls.run, broker_loop]
        tasks = [asyncio.create_task(work()) for work in works]
        stack.push_async_callback(_cancel, tasks)
        stack.callback(hub.pulls.close)
        await _listen_for_jobs(config, engine, series, stack)
        yield hub, [*tasks, *pipeline.tasks]


async def _claim(folder: Path, stack: AsyncExitStack) -> None:
    """One hub a data folder: two would share a broker's store and a database. The kernel lets go when we end."""
    claim = stack.enter_context(_lock_file(folder))
    until = time.monotonic() + CLAIM_WAIT_S
    while True:
        try:
            fcntl.flock(claim, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError as held:
            if time.monotonic() >= until:
                raise ServiceError(
                    Text(
                        f"thư mục {folder} đang do một trung tâm khác dùng: hãy tắt nó, hoặc đổi hub.data_dir",
                        f"another hub is using the folder {folder}: stop it, or change hub.data_dir",
                    )
                ) from held
            await asyncio.sleep(0.1)
        else:
            return


def _alert_log(hub: Hub, pipeline: Pipeline) -> AlertLog:
    made = AlertLog(
        engine=hub.engine,
        registry=hub.registry,
        problems=hub.problems,
        in_thread=pipeline.in_state_thread,
        now_ms=hub.now_ms,
    )
    hub.figure_sources.append(made.figures)
    return made


def _deriver(hub: Hub, pipeline: Pipeline) -> Deriver:
    """What derives lessons and days; the intake tells it of rows that came late."""
    made = Deriver(
        engine=hub.engine,
        registry=hub.registry,
        schools=hub.schools,
        series=hub.series,
        in_thread=pipeline.in_state_thread,
        now_ms=hub.now_ms,
        refold=hub.live.refold,
    )
    pipeline.outlets.late = made.late
    hub.figure_sources.append(made.figures)
    return made


def _nightly(hub: Hub, pipeline: Pipeline) -> Nightly:
    """What forecasts tomorrow and looks after devices' health."""
    made = Nightly(
        rows=ForecastRows(hub.engine),
        registry=hub.registry,
        schools=hub.schools,
        series=hub.series,
        in_thread=pipeline.in_state_thread,
        now_ms=hub.now_ms,
    )
    hub.problem_sources.append(made.problems)
    hub.figure_sources.append(made.figures)
    hub.distribution_sources.append(made.distributions)
    return made


def _refuse_half_restored(folder: Path) -> None:
    """What is there is neither the old hub nor a new one."""
    if (folder / MARKER).exists():
        raise ServiceError(
            Text(
                f"lần khôi phục vào {folder} chưa xong: hãy chạy lại classhub restore với cùng tệp sao lưu "
                f"(hoặc làm lại từ đầu: xóa cơ sở dữ liệu, kho số liệu và {MARKER})",
                f"the restore into {folder} is not finished: run classhub restore with the same archive again "
                f"(or begin anew: clear the databases and {MARKER})",
            )
        )


async def _claim_state(config: HubConfig, engine: Engine, stack: AsyncExitStack) -> "Claim | None":
    """One hub of a name in a PostgreSQL database; with SQLite the folder says so already."""
    if config.state.kind == "sqlite":
        return None
    from hub.db.claim import Claim  # with the driver, which the embedded stack does not need

    claim = Claim(engine, config.hub.id)
    stack.callback(claim.release)
    until = time.monotonic() + CLAIM_WAIT_S
    while not claim.take():
        if time.monotonic() >= until:
            raise ServiceError(claim.refusal)
        await asyncio.sleep(0.2)
    return claim


async def _listen_for_jobs(config: HubConfig, engine: Engine, series: SeriesReader, stack: AsyncExitStack) -> None:
    jobs = control(config, engine, series.store)
    try:
        jobs.start()
    except OSError as refused:
        raise _unusable(config.hub.data_dir, refused) from refused
    stack.push_async_callback(asyncio.to_thread, jobs.stop)


def _lock_file(folder: Path) -> BinaryIO:
    try:
        folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        return (folder / "hub.lock").open("ab")
    except OSError as refused:
        raise _unusable(folder, refused) from refused


def _open_state(config: HubConfig) -> Engine:
    try:
        return open_database(config.state_url)
    except DatabaseUnusable as unusable:
        raise ServiceError(unusable.text) from unusable


def _open_series(config: HubConfig, engine: Engine, clock: ServerClock) -> SeriesStore:
    """Neither is asked for anything yet: a store that is away keeps no hub from starting."""
    if config.store.kind == "duckdb":
        return DuckDbSeries(config.series_path, config.store.min_free_mb * MB)
    from hub.stores.influx.setup import token_of
    from hub.stores.influxdb import InfluxSeries  # with its client, which the embedded stack does not need

    try:
        return InfluxSeries(config.influxdb, token_of(config.influxdb), engine, clock.now_ms)
    except StoreDown as missing:
        raise ServiceError(missing.text) from missing


def _unusable(folder: Path, refused: OSError) -> ServiceError:
    return ServiceError(
        Text(
            f"không dùng được thư mục hub.data_dir {folder}: {refused.strerror}; sửa quyền hoặc chọn thư mục khác",
            f"cannot use the folder hub.data_dir {folder}: {refused.strerror}; mend its rights or choose another",
        )
    )


def _assemble(
    config: HubConfig, engine: Engine, series: SeriesReader, broker: EmbeddedBroker | None, clock: ServerClock
) -> tuple[Hub, Pipeline]:
    registry = Registry(engine, config.limits.pending_gateways)
    schools = Schools(engine, held_folder=held_folder(config.hub.data_dir))
    live = LiveEngine(registry, schools.known)
    quarantine = Quarantine(engine, config.limits.quarantine_mb * MB)
    pipeline = Pipeline(
        config=config,
        engine=engine,
        registry=registry,
        live=live,
        series=series,
        quarantine=quarantine,
        address=broker.address if broker else _address(config.broker),
        now_ms=clock.now_ms,
        witness=clock.witness,
    )
    desk, configurations, policies = _desks(engine, registry, live, schools, pipeline, clock)
    pulls = _pulls(config, engine, registry, schools, pipeline, clock)
    hub = Hub(
        config=config,
        registry=registry,
        live=live,
        gateways=pipeline.gateways,
        quarantine=quarantine,
        series=series,
        schools=schools,
        engine=engine,
        fanout=Fanout(),
        desk=desk,
        configurations=configurations,
        policies=policies,
        pulls=pulls,
        now_ms=clock.now_ms,
        started_ms=clock.now_ms(),
        problem_sources=[
            lambda: disk_problems(config.hub.data_dir, config.store.min_free_mb),
            pipeline.problems,
            clock.problems,
            configurations.problems,
            pulls.problems,
            *([broker.problems] if broker else []),
        ],
        figure_sources=[
            pipeline.figures,
            series.figures,
            desk.figures,
            configurations.figures,
            policies.figures,
            pulls.figures,
        ],
        distribution_sources=[pipeline.distributions, series.distributions],
    )
    hub.figure_sources.append(hub.own_figures)
    hub.metrics = metrics_registry(hub.ingest_figures, hub.distributions)
    return hub, pipeline


def _desks(
    engine: Engine, registry: Registry, live: LiveEngine, schools: Schools, pipeline: Pipeline, clock: ServerClock
) -> tuple[CommandDesk, Configurations, Policies]:
    """What speaks to gateways; the results of orders come back as events."""
    way = Way(registry, pipeline.gateways, pipeline.publish, pipeline.in_state_thread, clock.now_ms)
    desk = CommandDesk(CommandBook(engine), way)
    pipeline.outlets.happenings.append(desk.told)
    return desk, Configurations(engine, way), Policies(engine, way, live=live, schedule_of=schools.known, desk=desk)


def _pulls(
    config: HubConfig, engine: Engine, registry: Registry, schools: Schools, pipeline: Pipeline, clock: ServerClock
) -> Pulls:
    def zone_of(school: str) -> str:
        found = registry.school(school)
        return "" if found is None else found.timezone

    return Pulls(
        config.pull,
        engine=engine,
        schools=schools,
        in_state_thread=pipeline.in_state_thread,
        now_ms=clock.now_ms,
        zone_of=zone_of,
    )


def _tell_what_is_plain(config: HubConfig, hub: Hub) -> None:
    """Settings do not change while the hub runs: once in the log, and a notice as long as it runs."""
    plain = plain_notices(config)
    for notice in plain:
        _log.warning("%s", notice.text.both())
    hub.problem_sources.append(lambda: plain)


async def _start_broker(config: HubConfig, engine: Engine, stack: AsyncExitStack) -> EmbeddedBroker | None:
    if config.broker.kind == "external":
        return None
    broker = EmbeddedBroker(engine, config.hub.data_dir, config.broker.host, config.broker.port)
    stack.push_async_callback(broker.stop)
    await broker.start()
    return broker


def _watch_broker(config: HubConfig, hub: Hub) -> BrokerWatch:
    """An external broker: who is kept out there, and what it refused."""
    watch = BrokerWatch(
        section=config.broker,
        data_dir=config.hub.data_dir,
        engine=hub.engine,
        registry=hub.registry,
        now_ms=hub.now_ms,
    )
    hub.problem_sources.append(watch.problems)
    hub.figure_sources.append(watch.figures)
    hub.gateways.said_elsewhere = watch.said_of
    return watch


def _address(broker: BrokerSection) -> BrokerAddress:
    password = Path(broker.password_file).read_text(encoding="utf-8").strip() if broker.password_file else None
    return BrokerAddress(broker.host, broker.port, broker.username, password, broker.ca_file)


async def _cancel(tasks: Tasks) -> None:
    for task in tasks:
        task.cancel()
    await asyncio.wait(tasks, timeout=1.0)
