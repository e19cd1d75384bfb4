"""The figures of gateways over time: every accepted one once a minute, strangers never."""

import asyncio
from collections.abc import Sequence
from pathlib import Path

import msgspec

from hub.ingest.reports import health_of
from hub.live.publish import Changes
from hub.pulse import HEALTH_AT_ONCE, Pulse
from hub.registry.model import GatewayStatus
from hub.stores.duckdb import DuckDbSeries
from hub.stores.reader import SeriesReader
from hub.stores.series import GatewayMinute
from tests.hub.ingest.bench import GATEWAY, SCHOOL, bench, until
from tests.hub.web.doubles import account, gateway_view

MINUTE_MS = 60_000


class Kept(DuckDbSeries):
    """The embedded store, which keeps no health itself, with what it was given."""

    def __init__(self, path: Path) -> None:
        super().__init__(path)
        self.health: list[GatewayMinute] = []

    def put_health(self, minutes: Sequence[GatewayMinute]) -> None:
        self.health += minutes


class Nobody:
    def publish(self, changes: Changes) -> None:
        """Nobody looks."""


def test_figures_of_a_gateway_are_sums_of_both_streams() -> None:
    view = gateway_view("g1", "G", tele=account(100, late=3, dropped=5), event=account(10, duplicate=2, lost=1))
    minute = health_of(view, 60_000)
    assert minute.online
    assert minute.t_ms == 60_000
    assert minute.figures == {
        "expected": 110, "received": 104, "duplicate": 2, "late": 3, "lost": 1, "dropped": 5, "overwritten": 0,
        "quarantined": 0, "outstanding": 0, "outbox_rows": 4, "outbox_bytes": 1_900, "set_aside": 0,
        "flash_bytes": 42_800_000, "flash_bytes_per_day": 311_000_000, "clock_skew_ms": 12,
    }  # fmt: skip
    silent = health_of(msgspec.structs.replace(view, last_seen_ms=None, clock_skew_ms=None), 60_000)
    assert "outbox_rows" not in silent.figures, "what nobody said is not zero"
    assert silent.figures["lost"] == 1


async def test_every_accepted_gateway_once_a_minute(tmp_path: Path) -> None:
    count = HEALTH_AT_ONCE + 10
    store = Kept(tmp_path / "kept.duckdb")
    series = SeriesReader(store)
    async with bench(tmp_path) as it:
        for number in range(2, count + 1):
            it.registry.add_gateway(SCHOOL, f"g{number}", f"Cổng {number}")
        it.registry.add_gateway(SCHOOL, "waits", "?", GatewayStatus.PENDING)
        it.state(tele={"oldest": 1, "next": 4, "rows": 7, "bytes": 700})
        it.tele(1, it.rows(3))
        await it.until_acked(3)
        clock = [it.now() // MINUTE_MS * MINUTE_MS + 1]
        gateways, urgent = it.pipeline.gateways, set[str]()
        pulse = Pulse(
            live=it.live, gateways=gateways, publisher=Nobody(), series=series, urgent=urgent, now_ms=lambda: clock[0]
        )
        running = asyncio.create_task(pulse.run())
        await until(lambda: len(store.health) >= count, "a minute")
        clock[0] += MINUTE_MS
        await until(lambda: len(store.health) >= 2 * count, "the next", 15)
        running.cancel()
        await asyncio.wait([running])
        await series.close()
    assert pulse.failures == 0
    assert len({(minute.gateway, minute.t_ms) for minute in store.health}) == len(store.health) == 2 * count
    assert "waits" not in {minute.gateway for minute in store.health}
    ours = next(minute for minute in store.health if minute.gateway == GATEWAY)
    assert (ours.figures["received"], ours.figures["outbox_rows"]) == (3, 7)
