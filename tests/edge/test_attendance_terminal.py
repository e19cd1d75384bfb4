"""A ZKTeco terminal over real TCP and UDP: its log once, punches as they happen, its clock, and what goes wrong."""

import asyncio
import time
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any

import msgspec
import pytest

from edge.sources.line import LineSource
from firmware_bridge.device import Device, Options
from firmware_bridge.devices import DEVICES
from tests import patience
from tests.patience import PATIENCE_S
from tests.sim.devices.zkteco import SimulatedTerminal, TerminalServer, on_udp
from wire.messages import TimeQuality
from wire.orders import Order, OrderKind, Result

FAST = msgspec.structs.replace(DEVICES["zkteco"], answer_s=0.4)
HERE = timedelta(minutes=420)


@dataclass
class Told:
    kind: str
    data: dict[str, Any]
    at_ms: int | None
    age_ms: int | None


@dataclass
class House:
    """A sink with a clock and a memory that outlives sources; what it is given is on disk at once."""

    memory: dict[str, str] = field(default_factory=dict)
    told: list[Told] = field(default_factory=list)
    knows_time: bool = True
    slow: bool = False
    waiting: list[Callable[[], None]] = field(default_factory=list)
    began: tuple[int, float] = field(
        default_factory=lambda: (time.time_ns() // 1_000_000, asyncio.get_running_loop().time())
    )

    def reading(self, device: str, values: dict[str, float | str], **_: object) -> None:
        raise AssertionError((device, values))

    def event(
        self,
        device: str,
        kind: str,
        data: dict[str, Any],
        *,
        at_ms: int | None = None,
        age_ms: int | None = None,
        quality: TimeQuality | None = None,
        on_durable: Callable[[], None] | None = None,
    ) -> None:
        assert device == "door"
        assert quality is None
        self.told.append(Told(kind, data, at_ms, age_ms))
        if on_durable is not None and not self.slow:
            on_durable()
        elif on_durable is not None:
            self.waiting.append(on_durable)

    async def recall(self, source: str) -> dict[str, str]:
        assert source == "terminal"
        return dict(self.memory)

    async def remember(self, source: str, entries: dict[str, str]) -> None:
        assert source == "terminal"
        self.memory.update(entries)

    def now_ms(self) -> int | None:
        """By the loop's clock, as the terminal's own: a machine held up puts neither wrong."""
        wall_ms, loop_s = self.began
        return wall_ms + int(1000 * (asyncio.get_running_loop().time() - loop_s)) if self.knows_time else None

    def shown(self) -> list[tuple[str, str]]:
        return [(one.data["reference"], one.data["device_time"]) for one in self.told if one.kind == "identity"]

    def of(self, kind: str) -> list[dict[str, Any]]:
        return [one.data for one in self.told if one.kind == kind]


@pytest.fixture(autouse=True)
def _soon_again(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("firmware_bridge.devices.identity.zk_dialogue.AGAIN_S", 0.2)


def local_now() -> datetime:
    return (datetime.now(UTC).replace(tzinfo=None) + HERE).replace(microsecond=0)


async def until(condition: Callable[[], object], within_s: float = PATIENCE_S) -> None:
    await patience.until(condition, within_s=max(within_s, PATIENCE_S))


@asynccontextmanager
async def reading(
    port: str, house: House, *, device: Device = FAST, password: str | None = None
) -> AsyncIterator[LineSource]:
    source = LineSource(
        "terminal", device, port, "door", options=Options(password=password), monotonic=asyncio.get_running_loop().time
    )
    task = asyncio.create_task(source.run(house))
    try:
        yield source
    finally:
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)


def filled(count: int, *, size: int = 40, key: int | None = None, ahead_s: float = 0) -> SimulatedTerminal:
    terminal = SimulatedTerminal(local_now() + timedelta(seconds=ahead_s), size=size, key=key)
    for number in range(count):
        punch = terminal.somebody(1001 + number)
        assert punch is not None
        punch.time -= timedelta(hours=3) - timedelta(seconds=number)
    return terminal


@pytest.mark.parametrize(("size", "count"), [(40, 3), (16, 40), (8, 60), (40, 900)])
async def test_the_log_is_told_once_and_in_order(size: int, count: int) -> None:
    terminal, house = filled(count, size=size), House()
    async with TerminalServer(terminal) as server, reading(f"tcp:127.0.0.1:{server.port}", house) as source:
        await until(lambda: house.of("log_read") and not terminal.disabled)
        report = source.report()
    users = [str(1001 + number) for number in range(count)]
    assert [user for user, _ in house.shown()] == users
    assert house.of("log_read") == [{"records": count, "new": count, "complete": True}]
    assert (report.up, report.bad, report.problem_en) == (True, 0, "")
    first = next(one for one in house.told if one.kind == "identity")
    assert first.data["scheme"] == "fingerprint"
    assert first.data["device_time"] == terminal.log[0].time.isoformat()
    assert first.age_ms == pytest.approx(3 * 3_600_000, abs=60_000)


async def test_a_wrong_clock_is_told_and_old_punches_keep_their_true_time() -> None:
    terminal, house = filled(2, ahead_s=-600), House()
    async with TerminalServer(terminal) as server, reading(f"tcp:127.0.0.1:{server.port}", house):
        await until(lambda: house.of("log_read"))
    (offset,) = house.of("clock_offset")
    assert offset["offset_s"] == pytest.approx(-600, abs=60)
    ages = [one.age_ms for one in house.told if one.kind == "identity"]
    assert ages == [pytest.approx(3 * 3_600_000 - 1_000 * at, abs=60_000) for at in range(2)]


async def test_a_punch_before_the_machine_started_has_a_moment_and_not_only_an_age() -> None:
    terminal, house = filled(1), House()
    terminal.log[0].time -= timedelta(days=4000)
    async with TerminalServer(terminal) as server, reading(f"tcp:127.0.0.1:{server.port}", house):
        await until(lambda: house.of("log_read"))
    (told,) = [one for one in house.told if one.kind == "identity"]
    assert told.at_ms == pytest.approx((terminal.log[0].time - HERE).replace(tzinfo=UTC).timestamp() * 1000, abs=60_000)


async def test_punches_come_as_they_happen_and_the_log_does_not_repeat_them() -> None:
    terminal, house = filled(2), House()
    async with TerminalServer(terminal) as server:
        port = f"tcp:127.0.0.1:{server.port}"
        async with reading(port, house):
            await until(lambda: house.of("log_read"))
            await until(lambda: not terminal.disabled)
            terminal.somebody(2001, status=15, punch=1)
            await until(lambda: len(house.shown()) == 3)
            await until(lambda: terminal.acknowledged)
        live = house.told[-1]
        assert (live.data["scheme"], live.data["reference"], live.data["punch"]) == ("face", "2001", 1)
        assert live.age_ms is None
        server.cut()
        terminal.somebody(2002)
        async with reading(port, house):  # the program was started anew: only its memory is left
            await until(lambda: len(house.shown()) == 4)
            await until(lambda: terminal.asked[-1] == 50)
    assert [user for user, _ in house.shown()] == ["1001", "1002", "2001", "2002"]
    assert "2002" not in str(house.memory)


async def test_a_connection_cut_in_the_middle_of_the_log_loses_and_repeats_nothing() -> None:
    terminal, house = filled(1500), House()
    async with TerminalServer(terminal) as server, reading(f"tcp:127.0.0.1:{server.port}", house) as source:
        await until(lambda: len(house.shown()) > 300)
        server.cut()
        await until(lambda: not source.report().up or server.connections > 1)
        await until(lambda: len(house.shown()) >= 1500, 15)
        assert server.connections > 1
        await until(lambda: not terminal.disabled)
    assert [user for user, _ in house.shown()] == [str(1001 + number) for number in range(1500)]


@pytest.mark.parametrize("transport", ["tcp", "udp"])
async def test_an_agent_that_stops_in_the_middle_of_the_log_leaves_the_terminal_enabled(transport: str) -> None:
    terminal, house = filled(1500), House(slow=True)  # its disk takes nothing, so the log is never read to its end
    async with TerminalServer(terminal) as server, on_udp(terminal) as udp_port:
        port = f"tcp:127.0.0.1:{server.port}" if transport == "tcp" else f"udp:127.0.0.1:{udp_port}"
        async with reading(port, house):
            await until(house.shown)
            assert terminal.disabled
        await until(lambda: not terminal.disabled)


async def test_a_log_that_was_cleared_or_shortened_is_read_by_time() -> None:
    terminal, house = filled(5), House()
    async with TerminalServer(terminal) as server:
        port = f"tcp:127.0.0.1:{server.port}"
        async with reading(port, house):
            await until(lambda: house.of("log_read"))
            await until(lambda: '"place":5' in house.memory.get("told", "") and not terminal.disabled)
        server.cut()
        del terminal.log[:2]  # full: the oldest went, two newer came
        for user in (3001, 3002):
            terminal.somebody(user)
        async with reading(port, house):
            await until(lambda: len(house.shown()) == 7 and not terminal.disabled)  # it takes nobody while disabled
        server.cut()
        terminal.log.clear()
        terminal.somebody(4001)
        async with reading(port, house):
            await until(lambda: len(house.shown()) == 8)
    assert [user for user, _ in house.shown()[5:]] == ["3001", "3002", "4001"]


async def test_the_communication_key_opens_and_a_wrong_one_is_told() -> None:
    terminal, house, other = filled(1, key=1234), House(), House()
    async with TerminalServer(terminal) as server:
        port = f"tcp:127.0.0.1:{server.port}"
        async with reading(port, house, password="1234"):
            await until(house.shown)
        async with reading(port, other, password="4321"):
            await until(lambda: other.of("device_refused"))
    assert "communication key" in other.of("device_refused")[0]["reason_en"]
    assert other.shown() == []


async def test_datagrams_too_and_a_lost_answer_is_asked_for_again() -> None:
    terminal, house = filled(40), House()
    terminal.lose = {1504}
    device = msgspec.structs.replace(FAST, answer_s=0.15)
    async with on_udp(terminal) as port, reading(f"udp:127.0.0.1:{port}", house, device=device) as source:
        await until(lambda: len(house.shown()) == 40 and house.of("log_read") and not terminal.disabled, 12)
        terminal.somebody(2001)
        await until(lambda: len(house.shown()) == 41)
        assert source.report().bad == 0
        assert not terminal.disabled
    assert [user for user, _ in house.shown()] == [str(1001 + number) for number in range(40)] + ["2001"]


async def test_the_clock_is_set_by_an_order_and_looked_at_again() -> None:
    terminal, house = filled(0, ahead_s=900), House()
    async with TerminalServer(terminal) as server, reading(f"tcp:127.0.0.1:{server.port}", house) as source:
        await until(lambda: house.of("clock_offset"))
        done = await source.obey(Order("order-001", "door", OrderKind.SET_CLOCK))
        assert done.result is Result.DONE
        assert abs((terminal.now() - local_now()).total_seconds()) <= 60
        await until(lambda: len(house.of("clock_offset")) == 2)
        named = await source.obey(Order("order-002", "door", OrderKind.SET_CLOCK, "2026-09-05T07:05:30"))
        assert named.result is Result.DONE
        assert terminal.now() - datetime(2026, 9, 5, 7, 5, 30) < timedelta(seconds=60)  # noqa: DTZ001 its own
        wrong = await source.obey(Order("order-003", "door", OrderKind.SET_CLOCK, "tomorrow"))
        assert wrong.result is Result.REFUSED
        terminal.sets_clock = False
        stuck = await source.obey(Order("order-004", "door", OrderKind.SET_CLOCK))
        assert (stuck.result, stuck.detail is not None) == (Result.REFUSED, True)
    assert source.accepts() == {"door": ["set_clock"]}


async def test_without_a_known_time_the_log_waits_and_punches_do_not() -> None:
    terminal, house = filled(3), House(knows_time=False)
    async with TerminalServer(terminal) as server, reading(f"tcp:127.0.0.1:{server.port}", house):
        await until(lambda: terminal.wants_events)
        terminal.somebody(2001)
        await until(house.shown)
        assert house.of("clock_offset") == []
    assert [user for user, _ in house.shown()] == ["2001"]


async def test_a_disk_that_does_not_take_it_leaves_the_terminal_enabled(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("firmware_bridge.devices.identity.zk_download.PATIENCE_S", 0.3)
    terminal, house = filled(900), House(slow=True)
    async with TerminalServer(terminal) as server, reading(f"tcp:127.0.0.1:{server.port}", house):
        await until(lambda: house.of("log_read"))
        await until(lambda: not terminal.disabled)
    assert house.of("log_read")[0]["complete"] is False
    assert house.memory.get("told", "").count('"place":0') in {0, 1}
    assert 0 < len(house.shown()) < 900


async def test_a_stream_in_pieces_with_spoilt_packets_gives_only_true_punches(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("firmware_bridge.devices.identity.zk_dialogue.TOUCH_S", 0.3)
    terminal, house = filled(120), House()
    async with TerminalServer(terminal) as server:
        server.pieces, server.flip_every = 37, 9
        device = msgspec.structs.replace(FAST, answer_s=0.1)
        async with reading(f"tcp:127.0.0.1:{server.port}", house, device=device) as source:
            await until(lambda: source.report().bad >= 2, 12)
            server.flip_every = 0
            await until(lambda: len(house.shown()) >= 120, 15)
    assert house.shown() == [(str(one.user), one.time.isoformat()) for one in terminal.log]


async def test_a_clock_nobody_waits_for_any_more_is_not_set_after_the_login() -> None:
    terminal, house = filled(0, ahead_s=900), House()
    terminal.lose = {1000}
    async with TerminalServer(terminal) as server, reading(f"tcp:127.0.0.1:{server.port}", house) as source:
        await until(lambda: 1000 in terminal.asked)
        waiting = asyncio.create_task(source.obey(Order("order-001", "door", OrderKind.SET_CLOCK)))
        await asyncio.sleep(0.1)
        waiting.cancel()
        await asyncio.gather(waiting, return_exceptions=True)
        await until(lambda: house.of("clock_offset") and 50 in terminal.asked)
        await asyncio.sleep(0.2)
    assert 202 not in terminal.asked
