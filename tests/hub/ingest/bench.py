"""The intake with its real stores, registry and live engine, but no broker: messages go in by hand, acks are listed."""

import asyncio
import json
import time
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

from hub.config import HubConfig, parse_config
from hub.db.engine import open_database
from hub.ingest.link import BrokerAddress
from hub.ingest.pipeline import Pipeline
from hub.ingest.quarantine import Quarantine
from hub.live.engine import LiveEngine
from hub.registry.model import Building, GatewayStatus, Room, School
from hub.registry.registry import Registry
from hub.stores.duckdb import DuckDbSeries
from hub.stores.reader import SeriesReader
from hub.stores.series import CommitResult, StoreDown
from tests import patience
from tests.patience import PATIENCE_S
from wire.codec import decode_ack
from wire.messages import Ack, Stream
from wire.topics import Channel, gateway_topic

SCHOOL, GATEWAY, DEVICE = "thcs-thu", "g1", "g1-co2"
EPOCH = "00000000000000aa"


class MoodyStore(DuckDbSeries):
    """The real store, with a switch that makes its disk refuse."""

    refuses = False

    def commit(self, points: Any, marks: Any) -> CommitResult:
        if self.refuses:
            raise StoreDown("the disk refuses")
        return super().commit(points, marks)


class Bench:
    """Talks to a pipeline whose session is never started: what it would publish is kept in `acks`."""

    def __init__(self, folder: Path, limits: str = "", store: Any = None) -> None:
        state = folder / "state.toml"  # another database than SQLite: the fixture state_settings
        more = state.read_text() if state.exists() else ""
        self.config: HubConfig = parse_config(f"[limits]\n{limits}\n{more}", folder / "hub.toml")
        self.engine = open_database(self.config.state_url)
        self.registry = Registry(self.engine)
        self.registry.add_school(School(SCHOOL, "THCS Thử"))
        self.registry.add_building(Building(SCHOOL, "a", "Nhà A"))
        self.registry.add_room(Room(SCHOOL, "a101", "A101", "a"))
        self.registry.add_gateway(SCHOOL, GATEWAY, "Cổng 1", GatewayStatus.ACCEPTED)
        self.registry.note_devices([(SCHOOL, DEVICE, GATEWAY, 0, "")])
        self.registry.assign(SCHOOL, DEVICE, "a101", 0)
        self.live = LiveEngine(self.registry, lambda _school: None)
        self.store = store or MoodyStore(self.config.series_path)
        self.series = SeriesReader(self.store)
        self.quarantine = Quarantine(self.engine, self.config.limits.quarantine_mb * 1_000_000)
        self.ahead_ms = 0
        self.acks: list[Ack] = []
        self.pipeline = Pipeline(
            config=self.config,
            engine=self.engine,
            registry=self.registry,
            live=self.live,
            series=self.series,
            quarantine=self.quarantine,
            address=BrokerAddress("127.0.0.1", 1),
            now_ms=self.now,
        )
        self.pipeline.acks._publish = self._published
        self.pipeline.telemetry._window_s = 0.01

    def now(self) -> int:
        return time.time_ns() // 1_000_000 + self.ahead_ms

    def _published(self, _topic: str, payload: bytes) -> bool:
        self.acks.append(decode_ack(payload))
        return True

    def message(self, channel: Channel, body: bytes | dict[str, Any], gateway: str = GATEWAY) -> None:
        payload = body if isinstance(body, bytes) else json.dumps(body).encode()
        self.pipeline.intake.message(gateway_topic(SCHOOL, gateway, channel), payload)

    def state(self, gateway: str = GATEWAY, **more: Any) -> None:
        body = {"v": 1, "online": True, "boot": "b1", "epoch": EPOCH, "at": self.now(), "clock": "ntp"}
        self.message(Channel.STATE, body | more, gateway)

    def batch(self, first: int, rows: list[Any], **more: Any) -> dict[str, Any]:
        head = {"v": 1, "epoch": EPOCH, "first": first, "oldest": 1, "sent_at": self.now(), "rows": rows}
        return head | more

    def rows(self, count: int, start: int = 0, value: float = 800.0) -> list[dict[str, Any]]:
        at = self.now() - 1000
        return [{"d": DEVICE, "t": at + start + n, "v": {"co2_ppm": value + n}} for n in range(count)]

    def tele(self, first: int, rows: list[Any], **more: Any) -> None:
        self.message(Channel.TELE, self.batch(first, rows, **more))

    def last(self, stream: Stream = Stream.TELE) -> Ack | None:
        return next((ack for ack in reversed(self.acks) if ack.stream is stream), None)

    async def until_acked(self, upto: int, stream: Stream = Stream.TELE) -> Ack:
        await until(lambda: (ack := self.last(stream)) is not None and ack.upto >= upto, f"{stream} acked to {upto}")
        ack = self.last(stream)
        assert ack is not None
        return ack

    def stored(self) -> list[tuple[int, str, str, str | None, float | str]]:
        return self.store.raw(SCHOOL, None, None, 0, 2**42, 1_000_000)

    def account(self) -> Any:
        return self.pipeline.gateways.views(SCHOOL, self.now())[0].tele


async def until(condition: Callable[[], bool], what: str, timeout_s: float = PATIENCE_S) -> None:
    await patience.until(condition, what, max(timeout_s, PATIENCE_S), 0.02)


@asynccontextmanager
async def bench(folder: Path, limits: str = "", store: Any = None) -> AsyncIterator[Bench]:
    """A bench whose committers and acknowledgements run; no network but to a `store` of the caller's."""
    made = Bench(folder, limits, store)
    await made.pipeline.restore()
    pipeline = made.pipeline
    works = (pipeline.telemetry.run, pipeline.events.run, pipeline.acks.run, pipeline.noting.run)
    tasks = [asyncio.create_task(work()) for work in works]
    pipeline.quarantine.on_replay(_replay(made))
    try:
        yield made
    finally:
        for task in tasks:
            task.cancel()
        await asyncio.wait(tasks)
        pipeline.state.close()
        await made.series.close()
        made.engine.dispose()


def _replay(made: Bench) -> Any:
    from hub.ingest.replay import Replay

    pipeline = made.pipeline
    return Replay(
        loop=asyncio.get_running_loop(),
        gateways=pipeline.gateways,
        telemetry=pipeline.telemetry,
        events=pipeline.events,
        now_ms=made.now,
    )
