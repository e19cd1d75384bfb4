"""The gateway agent: sources into the outbox, outbox to the hub; it waits for hub, broker, network and clock."""

import asyncio
import logging
import secrets
import sqlite3
import time
from collections.abc import Awaitable, Callable, Sequence
from itertools import islice

import msgspec

from edge.announcements import Announcements
from edge.clock import ClockCore
from edge.config import EdgeConfig, check_authorities, password_in_clear, read_password
from edge.dispatch import Dispatch
from edge.flash import FlashMeter
from edge.inventory import device_names, own_figures
from edge.link import LinkSettings
from edge.notify import notify, watchdog_interval_s
from edge.orders import Orders
from edge.outbox import Limits, Outbox
from edge.outbox.schema import OutboxCorruptError
from edge.recorder import OutboxPlace, Recorder
from edge.sources.source import Curious, Source
from edge.sources.supervisor import supervise
from edge.timepiece import Timepiece, boot_id, machine_id
from edge.uplink import Uplink, UplinkSettings
from wire.codec import encode
from wire.messages import (
    MAX_HEARD,
    MAX_MESSAGE_BYTES,
    VERSION,
    Command,
    Configuration,
    GatewayState,
    Heard,
    Stream,
    StreamReport,
)
from wire.topics import client_id, user_name

log = logging.getLogger(__name__)

OUTBOX_FILE = "outbox.db"
_TICK_S = 1.0
_MAINTAIN_S = 300.0  # each time costs a few pages of flash
_LOOK_S = 15.0
_RESTART_S = 1.0
_OFFER_S = 0.5


class _Account(msgspec.Struct, frozen=True):
    """What the outbox says for the state message."""

    epoch: str
    tele: StreamReport
    event: StreamReport
    set_aside: int


class Agent:
    """One gateway. `source_file` names its settings in error messages; `boot` stands in for the machine's boot id."""

    def __init__(
        self,
        config: EdgeConfig,
        *,
        source_file: str = "edge.toml",
        software: str = "classhub",
        timepiece: Timepiece | None = None,
        boot: str | None = None,
        max_pages: int | None = None,
    ) -> None:
        """Raises SettingsError where a password or a certificate file cannot be read."""
        self.config = config
        self._names, self._own_figures = device_names(config), own_figures(config)
        self.boot = secrets.token_hex(8)
        self._software = software
        self._timepiece = timepiece or Timepiece()
        self.clock = ClockCore(config.clock.trust, self._timepiece.read())
        place = _outbox_place(config, boot or boot_id(), max_pages)
        self.recorder = Recorder(place, self.clock.setting, self._now_ms, self._timepiece.boottime_ms)
        self.recorder.on_new_epoch = self._new_epoch
        self.dispatch = Dispatch(self.recorder, self._timepiece.boottime_ms)
        settings = _uplink_settings(config, self.boot, source_file)
        self.uplink = Uplink(settings, self.dispatch, self._state, self._order, self._hub_time)
        self.orders = Orders(self.recorder, self.clock, self._timepiece.boottime_ms, self.uplink.publish_state)
        self._sources: Sequence[Source] = ()
        self._started_s = time.monotonic()
        self._flash: FlashMeter | None = None
        self._orders_waiting: asyncio.Queue[Command | Configuration] = asyncio.Queue(32)
        self._clock_moved = asyncio.Event()
        self.running = asyncio.Event()

    # ── life ───────────────────────────────────────────────────────────────────────────────────────────────────────

    async def run(self, sources: Sequence[Source], stop: asyncio.Event) -> None:
        """Until `stop` is set; then what is there goes to disk and, if the line allows, to the hub."""
        self._sources = self.orders.sources = sources
        if (plain := password_in_clear(self.config.broker)) is not None:
            log.warning("%s", plain.both())
        await self._open()
        works = [
            asyncio.create_task(self._for_ever(work))
            for work in (
                self.recorder.run,
                self._tick,
                self._maintain,
                self._clock_changes,
                self._carry_out,
                self._announce,
            )
        ]
        uplink = asyncio.create_task(self._for_ever(self.uplink.run))
        inlets = [asyncio.create_task(supervise(source, self.recorder)) for source in sources]
        notify("READY=1")
        self.running.set()
        try:
            await stop.wait()
        finally:
            notify("STOPPING=1")
            await _end(inlets)
            await _end(works)
            await self.recorder.flush()
            await self.uplink.drain()
            await _end([uplink])
            await self.recorder.close(self._flash.total() if self._flash else 0)

    async def _open(self) -> None:
        await self.recorder.open()
        await self.orders.load()
        self._flash = FlashMeter(await self.recorder.call(lambda outbox: outbox.flash_before), time.monotonic())
        await self.dispatch.load(sent_before=True)
        self.recorder.event(
            self.config.gateway.id,
            "gateway_start",
            {"software": self._software, "clock": self.clock.setting.state.value},
        )

    async def _for_ever(self, work: Callable[[], Awaitable[None]]) -> None:
        """A part of the agent that failed is started again: the other parts, and the data, do not depend on it."""
        while True:
            try:
                await work()
            except Exception:
                log.exception("%s failed, again in %.0f s", getattr(work, "__qualname__", "a part"), _RESTART_S)
            await asyncio.sleep(_RESTART_S)

    async def settled(self) -> bool:
        """Whether the hub holds, or has been told of, everything there is."""
        if self.recorder.pending():
            return False

        def owed(outbox: Outbox) -> int:
            return sum(outbox.report(stream).rows + len(outbox.declarations(stream)) for stream in Stream)

        return await self.recorder.call(owed) == 0

    # ── time ───────────────────────────────────────────────────────────────────────────────────────────────────────

    def _now_ms(self) -> int:
        return self.clock.now_ms(self._timepiece.boottime_ms())

    def _hub_time(self, hub_time_ms: int) -> None:
        if self.clock.hub_sample(hub_time_ms, self._timepiece.boottime_ms()):
            self._clock_moved.set()

    async def _tick(self) -> None:
        watchdog_s, fed_s = watchdog_interval_s(), 0.0
        while True:
            if self.clock.observe(self._timepiece.read()):
                self._clock_moved.set()
            if watchdog_s is not None and time.monotonic() - fed_s >= min(watchdog_s, _TICK_S):
                fed_s = time.monotonic()
                notify("WATCHDOG=1")
            await asyncio.sleep(min(_TICK_S, watchdog_s or _TICK_S))

    async def _clock_changes(self) -> None:
        while True:
            await self._clock_moved.wait()
            self._clock_moved.clear()
            setting = self.clock.setting
            log.info("the clock is now %s: rows not yet sent are stamped anew", setting.state.value)
            try:
                await self.recorder.clock_changed(setting, self.dispatch.unsent())
                await self.dispatch.release()
            except (sqlite3.Error, OutboxCorruptError):
                self._clock_moved.set()
                raise
            self.uplink.publish_state()

    async def _maintain(self) -> None:
        """Limits and the account on disk: now and then, and soon where a disk was full or the outbox is too large."""
        done_s = time.monotonic()
        while True:
            await asyncio.sleep(_LOOK_S)
            due = time.monotonic() - done_s >= _MAINTAIN_S
            if due or await self.recorder.call(lambda outbox: outbox.undeclared > 0 or outbox.too_large()):
                done_s = time.monotonic()
                flash_bytes = self._flash.total() if self._flash else 0
                self.dispatch.given_up(Stream.TELE, await self.recorder.call(self._tidy(flash_bytes)))

    def _tidy(self, flash_bytes: int) -> Callable[[Outbox], list[tuple[int, int]]]:
        boottime_ms = self._timepiece.boottime_ms()
        return lambda outbox: outbox.maintain(boottime_ms, flash_bytes)

    # ── what the hub says ──────────────────────────────────────────────────────────────────────────────────────────

    def _order(self, order: Command | Configuration) -> None:
        if self._orders_waiting.full():
            log.warning("too many orders at once: one is passed over")
            return
        self._orders_waiting.put_nowait(order)

    async def _carry_out(self) -> None:
        while True:
            await self.orders.take(await self._orders_waiting.get())

    def _new_epoch(self) -> None:
        """The outbox was replaced under way."""
        task = asyncio.create_task(self.dispatch.load(sent_before=False))
        task.add_done_callback(lambda _: self.uplink.publish_state())

    # ── what we say ────────────────────────────────────────────────────────────────────────────────────────────────

    async def _announce(self) -> None:
        """A source that comes or goes, a device that now takes orders, a figure nobody reads: said at once."""
        announcements = Announcements()
        while True:
            up = [source.report().up for source in self._sources]
            news = [source.news() for source in self._sources if isinstance(source, Curious)]
            if announcements.due((up, self.orders.accepts(), news), time.monotonic()):
                self.uplink.publish_state()
            await asyncio.sleep(_OFFER_S)

    async def _state(self, online: bool) -> GatewayState:  # noqa: FBT001
        def look(outbox: Outbox) -> _Account:
            reports = (outbox.report(Stream.TELE), outbox.report(Stream.EVENT))
            return _Account(outbox.epoch, *reports, outbox.aside_count())

        account = await self.recorder.call(look)
        event, lost = account.event, self.recorder.lost_events
        if lost:
            dropped = event.dropped | {"disk": event.dropped.get("disk", 0) + lost}
            event = msgspec.structs.replace(event, dropped=dropped)
        now_s = time.monotonic()
        state = GatewayState(
            v=VERSION,
            online=online,
            boot=self.boot,
            epoch=account.epoch,
            at=max(0, self._now_ms()) if self.clock.setting.known else None,
            software=self._software,
            clock=self.clock.setting.state,
            clock_offset_ms=self.clock.behind_hub_ms(),
            uptime_s=round(now_s - self._started_s, 1),
            tele=account.tele,
            event=event,
            flash_bytes=self._flash.total() if self._flash else 0,
            flash_bytes_per_day=self._flash.per_day(now_s) if self._flash else 0,
            set_aside=account.set_aside,
            config_version=self.orders.version,
            sources=[source.report() for source in self._sources][:256],
            heard=_most_heard(self._sources),
            accepts=self.orders.accepts(),
            names=self._names,
            own_mappings=self._own_figures,
        )
        return _sendable(state)


def _most_heard(sources: Sequence[Source]) -> list[Heard]:
    """What no source understands, most frequent first."""
    found = [heard for source in sources if isinstance(source, Curious) for heard in source.heard()]
    return sorted(found, key=lambda heard: -heard.count)[:MAX_HEARD]


def _sendable(state: GatewayState) -> GatewayState:
    """A hub that cannot read the state takes the gateway for gone: what is too much of `heard`, then `accepts`, goes.

    Whoever floods the local broker with announcements must not silence everything else here.
    """
    if len(encode(msgspec.structs.replace(state, heard=[], accepts={}))) > MAX_MESSAGE_BYTES // 2:
        state = msgspec.structs.replace(state, names={}, own_mappings=[])  # an edge.toml beyond all measure
    while len(encode(state)) > MAX_MESSAGE_BYTES and (state.heard or state.accepts):
        kept = len(state.accepts) if state.heard else len(state.accepts) // 2
        accepts = dict(islice(state.accepts.items(), kept))
        state = msgspec.structs.replace(state, heard=state.heard[: len(state.heard) // 2], accepts=accepts)
    return state


async def _end(tasks: list[asyncio.Task[None]]) -> None:
    for task in tasks:
        task.cancel()
    await asyncio.gather(*tasks, return_exceptions=True)


def _outbox_place(config: EdgeConfig, boot: str, max_pages: int | None) -> OutboxPlace:
    outbox = config.outbox
    return OutboxPlace(
        path=config.gateway.data_dir / OUTBOX_FILE,
        gateway=config.gateway.id,
        machine=machine_id(config.gateway.machine_id_file),
        boot=boot,
        limits=Limits(outbox.max_mb, outbox.max_age_days, outbox.keep_acknowledged_h, outbox.min_free_mb),
        commit_interval_s=outbox.commit_interval_s,
        max_pages=max_pages,
    )


def _uplink_settings(config: EdgeConfig, boot: str, source_file: str) -> UplinkSettings:
    gateway, broker = config.gateway, config.broker
    password = read_password(broker.password_file, source_file, "broker.password_file")
    check_authorities(broker.ca_file, source_file, "broker.ca_file")
    named = broker.username or (user_name(gateway.school, gateway.id) if password is not None else None)
    link = LinkSettings(
        host=broker.host,
        port=broker.port,
        client_id=client_id(gateway.school, gateway.id),
        username=named,
        password=password,
        ca_file=broker.ca_file,
    )
    return UplinkSettings(gateway.school, gateway.id, gateway.hub, link, boot)
