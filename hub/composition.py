"""Puts a hub together from its settings: every part but the web server, running, and taken down in reverse order."""

import asyncio
import logging
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from pathlib import Path

from sqlalchemy import Engine

from hub.alerts.log import AlertLog
from hub.backup.jobs import control
from hub.broker.embedded import EmbeddedBroker
from hub.broker.watch import BrokerWatch
from hub.commands.book import CommandBook
from hub.commands.configurations import Configurations
from hub.commands.desk import CommandDesk
from hub.commands.policies import Policies
from hub.commands.way import Way
from hub.config import BrokerSection, HubConfig
from hub.context import Hub
from hub.derived.stores import Stores
from hub.derived.worker import Deriver
from hub.disk import disk_problems
from hub.exposure import plain_notices
from hub.forecasts.nightly import Nightly
from hub.forecasts.rows import ForecastRows
from hub.foundation import (
    ServiceError,
    claim_folder,
    claim_state,
    open_series,
    open_state,
    refuse_half_restored,
    unusable,
)
from hub.ingest.link import BrokerAddress
from hub.ingest.pipeline import Pipeline
from hub.ingest.quarantine import Quarantine
from hub.live.engine import LiveEngine
from hub.live.publish import Everybody
from hub.metrics import metrics_registry
from hub.pulse import Pulse
from hub.registry.registry import Registry
from hub.school.kept import held_folder
from hub.school.pulls.fetched import pulled_folder
from hub.school.pulls.runner import Pulls
from hub.school.reading_children import Children
from hub.school.repository import Schools
from hub.server_clock import ServerClock
from hub.stores.reader import SeriesReader
from hub.stores.series import StoreDown
from hub.upkeep import Upkeep
from hub.web.push import Fanout

_log = logging.getLogger(__name__)
MB = 1_000_000
Tasks = list["asyncio.Task[None]"]


@asynccontextmanager
async def composed(config: HubConfig) -> AsyncIterator[tuple[Hub, Tasks]]:
    """A running hub and its tasks, none of which may end. Raises ServiceError or BrokerError where it cannot start."""
    async with AsyncExitStack() as stack:
        await claim_folder(config.hub.data_dir, stack)
        refuse_half_restored(config.hub.data_dir)
        engine = open_state(config)
        stack.callback(engine.dispose)
        claim = await claim_state(config, engine, stack)
        clock = ServerClock()
        series = SeriesReader(open_series(config, engine, clock))
        stack.push_async_callback(series.close)
        broker = await _start_broker(config, engine, stack)
        children = Children()
        hub, pipeline = _assemble(config, engine, series, broker, clock, children)
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
        pulse = _pulse(hub, pipeline, alert_log)
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
        stack.callback(children.close)
        await _listen_for_jobs(config, engine, series, stack)
        yield hub, [*tasks, *pipeline.tasks]


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


def _pulse(hub: Hub, pipeline: Pipeline, alert_log: AlertLog) -> Pulse:
    """The beat of the live state: judged, pushed to pages and written down."""
    made = Pulse(
        live=hub.live,
        gateways=pipeline.gateways,
        publisher=Everybody(hub.fanout, alert_log),
        series=hub.series,
        urgent=pipeline.outlets.urgent,
        now_ms=hub.now_ms,
    )
    pipeline.outlets.wake = made.wake
    hub.figure_sources.append(made.figures)
    hub.problem_sources.append(made.problems)
    hub.distribution_sources.append(lambda: {"live_beat_seconds": made.beat_s})
    return made


def _deriver(hub: Hub, pipeline: Pipeline) -> Deriver:
    """What derives lessons and days; the intake tells it of rows that came late."""
    stores = Stores(hub.engine, hub.registry, hub.schools, hub.series, pipeline.in_state_thread)
    made = Deriver(stores, now_ms=hub.now_ms, refold=hub.live.refold)
    pipeline.outlets.late.append(made.late)
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
    pipeline.outlets.late.append(made.late)
    hub.problem_sources.append(made.problems)
    hub.figure_sources.append(made.figures)
    hub.distribution_sources.append(made.distributions)
    return made


async def _listen_for_jobs(config: HubConfig, engine: Engine, series: SeriesReader, stack: AsyncExitStack) -> None:
    jobs = control(config, engine, series.store)
    try:
        jobs.start()
    except OSError as refused:
        raise unusable(config.hub.data_dir, refused) from refused
    stack.push_async_callback(asyncio.to_thread, jobs.stop)


def _assemble(
    config: HubConfig,
    engine: Engine,
    series: SeriesReader,
    broker: EmbeddedBroker | None,
    clock: ServerClock,
    children: Children,
) -> tuple[Hub, Pipeline]:
    registry = Registry(engine, config.limits.pending_gateways)
    schools = Schools(engine, held_folder=held_folder(config.hub.data_dir), reader=children.read)
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
    pulls = _pulls(config, engine, registry, schools, pipeline, clock, children)
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
    )
    _gather(hub, pipeline, clock, broker)
    return hub, pipeline


def _gather(hub: Hub, pipeline: Pipeline, clock: ServerClock, broker: EmbeddedBroker | None) -> None:
    """What the parts say of themselves: notices, figures, distributions."""
    folder, min_free_mb = hub.config.hub.data_dir, hub.config.store.min_free_mb
    hub.problem_sources += [
        lambda: disk_problems(folder, min_free_mb),
        pipeline.problems,
        clock.problems,
        hub.configurations.problems,
        hub.pulls.problems,
        *([broker.problems] if broker else []),
    ]
    hub.figure_sources += [
        pipeline.figures,
        hub.series.figures,
        hub.desk.figures,
        hub.configurations.figures,
        hub.policies.figures,
        hub.pulls.figures,
        hub.own_figures,
    ]
    hub.distribution_sources += [pipeline.distributions, hub.series.distributions]
    hub.metrics = metrics_registry(hub.ingest_figures, hub.distributions)


def _desks(
    engine: Engine, registry: Registry, live: LiveEngine, schools: Schools, pipeline: Pipeline, clock: ServerClock
) -> tuple[CommandDesk, Configurations, Policies]:
    """What speaks to gateways; the results of orders come back as events."""
    way = Way(registry, pipeline.gateways, pipeline.publish, pipeline.in_state_thread, clock.now_ms)
    desk = CommandDesk(CommandBook(engine), way)
    pipeline.outlets.happenings.append(desk.told)
    return desk, Configurations(engine, way), Policies(engine, way, live=live, schedule_of=schools.known, desk=desk)


def _pulls(
    config: HubConfig,
    engine: Engine,
    registry: Registry,
    schools: Schools,
    pipeline: Pipeline,
    clock: ServerClock,
    children: Children,
) -> Pulls:
    def zone_of(school: str) -> str:
        found = registry.school(school)
        return "" if found is None else found.timezone

    def name_of(school: str) -> str:
        found = registry.school(school)
        return found.name if found is not None and found.name else school

    return Pulls(
        config.pull,
        engine=engine,
        schools=schools,
        in_state_thread=pipeline.in_state_thread,
        now_ms=clock.now_ms,
        zone_of=zone_of,
        name_of=name_of,
        folder=pulled_folder(config.hub.data_dir),
        server_reader=children.read_server,
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
