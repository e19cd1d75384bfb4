"""Outages, kills, copied cards and broken files: nothing is lost, nothing is stored twice, and it is said."""

import asyncio
import contextlib
import os
import shutil
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import IO, Any

import msgspec
import pytest

from edge.agent import Agent
from tests.edge.small_hub import SmallHub
from tests.edge.stand import Taps, running, settings, until
from tests.patience import PATIENCE_S, promised_s
from tests.sim.broker import Mosquitto
from tests.sim.relay import Relay
from wire.messages import Stream

pytestmark = [pytest.mark.broker, pytest.mark.failure, pytest.mark.timeout(180)]
ROOT = Path(__file__).parents[2]


def values(hub: SmallHub) -> list[float]:
    return sorted(row["v"]["co2_ppm"] for row in hub.stored())


@contextlib.contextmanager
def agent_process(toml: Path, first: int, count: int) -> Iterator[subprocess.Popen[str]]:
    process = subprocess.Popen(
        [sys.executable, "-m", "tests.edge.agent_process", str(toml), str(first), str(count)],
        stdout=subprocess.PIPE,
        text=True,
        cwd=ROOT,
    )
    try:
        yield process
    finally:
        process.kill()
        process.wait()
        if process.stdout:
            process.stdout.close()


def read_until(lines: IO[str] | None, wanted: str) -> set[int]:
    """The values said to be durable up to the line `wanted`."""
    assert lines is not None
    durable = set()
    for line in lines:
        if line.startswith("durable "):
            durable.add(int(line.split()[1]))
        if line.strip() == wanted:
            return durable
    raise AssertionError(f"the agent ended before it said {wanted!r}")


def edge_toml(folder: Path, port: int) -> Path:
    file = folder / "edge.toml"
    file.write_text(
        f"[gateway]\nschool='s1'\nid='g1'\ndata_dir='data'\n[broker]\nhost='127.0.0.1'\nport={port}\n"
        "[clock]\ntrust='system'\n[outbox]\nmin_free_mb=1\ncommit_interval_s=0.1\n"
    )
    return file


def test_kill_9_with_a_full_outbox(tmp_path: Path) -> None:
    broker = Mosquitto(tmp_path)
    toml = edge_toml(tmp_path, broker.port)
    with agent_process(toml, 1, 3_000) as agent:  # no broker there: it all stays in the outbox
        durable = read_until(agent.stdout, "durable 2500")
        agent.kill()
    with broker, SmallHub(broker.port) as hub:
        with agent_process(toml, 10_001, 500) as agent:
            durable |= read_until(agent.stdout, "durable 10300")
            agent.kill()  # in the middle of sending
        with agent_process(toml, 20_001, 10) as agent:
            durable |= read_until(agent.stdout, "durable 20010")
            asyncio.run(until(lambda: durable <= set(values(hub)), what="everything that was durable"))
        assert len(values(hub)) == len(set(values(hub))), "a row was stored under two numbers"
        skipped = [entry for epoch in hub.dropped["tele"].values() for entry in epoch]
        assert {reason for _, _, reason in skipped} == {"skipped"}
        (epoch,) = hub.rows["tele"]
        assert not any(first <= number <= last for number in hub.rows["tele"][epoch] for first, last, _ in skipped)


async def test_a_black_hole_is_noticed_and_left(tmp_path: Path) -> None:
    with Mosquitto(tmp_path) as broker, Relay(broker.port) as relay, SmallHub(broker.port) as hub:
        taps = Taps()
        async with running(Agent(settings(tmp_path, relay.port)), taps) as agent:
            taps.give(3)
            await until(lambda: len(hub.stored()) == 3)
            relay.black_hole()
            connections = agent.uplink.connections
            for _ in range(40):
                taps.give(5)
                await asyncio.sleep(0.1)
            await until(lambda: not agent.uplink.connected, what="the dead connection is given up")
            held = len(agent.uplink._unconfirmed)
            seen = len(hub.batches)  # before: what waited in the relay may arrive at once
            relay.restore()
            await until(lambda: len(hub.batches) > seen, promised_s(12.0), "first data after the black hole")
            await until(lambda: len(set(values(hub))) == 203)
            await until(lambda: agent.uplink.connections > connections, what="a new connection")
            assert held == 0
        assert values(hub) == list(range(1, 204))


async def test_a_black_hole_of_a_second_costs_no_connection(tmp_path: Path) -> None:
    with Mosquitto(tmp_path) as broker, Relay(broker.port) as relay, SmallHub(broker.port) as hub:
        taps = Taps()
        async with running(Agent(settings(tmp_path, relay.port)), taps) as agent:
            taps.give(3)
            await until(lambda: len(hub.stored()) == 3)
            relay.black_hole()
            taps.give(3)
            await asyncio.sleep(1)
            relay.restore()
            await until(lambda: len(hub.stored()) == 6)
            assert agent.uplink.connections == 1
            assert hub.duplicates == 0


async def test_a_hub_that_restarts_is_waited_for_and_told_what_it_lacks(tmp_path: Path) -> None:
    with Mosquitto(tmp_path) as broker:
        taps = Taps()
        async with running(Agent(settings(tmp_path, broker.port)), taps) as agent:
            with SmallHub(broker.port) as first:
                taps.give(10)
                await until(lambda: len(first.stored()) == 10)
                await until(lambda: not agent.dispatch.windows[Stream.TELE].in_flight)
                kept = {number: row for number, row in next(iter(first.rows["tele"].values())).items() if number <= 4}
            await until(lambda: not agent.uplink.hub_online)
            taps.give(5)
            await asyncio.sleep(0.5)
            with SmallHub(broker.port, instance="two") as second:  # restored from a backup: it knows rows 1 to 4
                second.rows["tele"][agent.dispatch.epoch] = dict(kept)
                taps.give(1)
                await until(lambda: 16.0 in values(second), promised_s(4), "new rows do not wait")
                await until(
                    lambda: len(second.stored()) == 16, promised_s(15), "the rest after a random wait of at most 10 s"
                )
                assert values(second) == list(range(1, 17))


async def test_the_copy_of_a_card_in_another_machine_begins_its_own_epoch(tmp_path: Path) -> None:
    machine = tmp_path / "machine"
    with Mosquitto(tmp_path) as broker, SmallHub(broker.port) as hub:
        config = settings(tmp_path, broker.port)
        gateway = msgspec.structs.replace(config.gateway, machine_id_file=machine)
        config = msgspec.structs.replace(config, gateway=gateway)
        machine.write_text("one")
        taps = Taps()
        async with running(Agent(config), taps) as agent:
            taps.give(5)
            await until(lambda: len(hub.stored()) == 5)
            first = agent.dispatch.epoch
        machine.write_text("two")
        taps.sink = None
        async with running(Agent(config), taps) as agent:
            taps.give(5)
            await until(lambda: 10.0 in values(hub))
            assert agent.dispatch.epoch != first
            await until(lambda: any(row["data"]["reason"] == "cloned" for row in hub.events("epoch_started")))


async def test_an_older_copy_of_the_outbox_put_back(tmp_path: Path) -> None:
    with Mosquitto(tmp_path) as broker, SmallHub(broker.port) as hub:
        config = settings(tmp_path, broker.port)
        taps = Taps()
        async with running(Agent(config), taps) as agent:
            taps.give(5)
            await until(lambda: len(hub.stored()) == 5)
            first = agent.dispatch.epoch
        shutil.copytree(tmp_path / "data", tmp_path / "card")
        taps.sink = None
        async with running(Agent(config), taps):
            taps.give(2_000)
            await until(lambda: len(hub.stored()) == 2_005)
        shutil.rmtree(tmp_path / "data")
        shutil.copytree(tmp_path / "card", tmp_path / "data")
        taps.sink = None
        async with running(Agent(config), taps) as agent:
            taps.give(2_500)  # while the hub has not been heard: the old numbers would be used again
            await until(lambda: len(set(values(hub))) == 4_505)
            assert agent.dispatch.epoch != first
            await until(lambda: any(row["data"]["reason"] == "restored" for row in hub.events("epoch_started")))
        assert set(values(hub)) == set(range(1, 4_506))
        assert len(values(hub)) == 4_505


async def test_a_corrupt_file_is_set_aside_and_told(tmp_path: Path) -> None:
    with Mosquitto(tmp_path) as broker, SmallHub(broker.port) as hub:
        config = settings(tmp_path, broker.port)
        taps = Taps()
        async with running(Agent(config), taps):
            taps.give(5)
            await until(lambda: len(hub.stored()) == 5)
        (tmp_path / "data" / "outbox.db").write_bytes(os.urandom(50_000))
        taps.sink = None
        async with running(Agent(config), taps):
            taps.give(5)
            await until(lambda: len(hub.stored()) == 10)
            await until(lambda: bool(hub.events("outbox_corrupt")))
            kept = hub.events("outbox_corrupt")[0]["data"]["file"]
        assert (tmp_path / "data" / kept).stat().st_size == 50_000


async def test_a_file_that_becomes_corrupt_under_way(tmp_path: Path) -> None:
    with Mosquitto(tmp_path) as broker, SmallHub(broker.port) as hub:
        taps = Taps()
        async with running(Agent(settings(tmp_path, broker.port)), taps) as agent:
            taps.give(500)
            await until(lambda: len(hub.stored()) == 500)
            await agent.recorder.call(
                lambda outbox: outbox.file.link.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchall()
            )
            file = tmp_path / "data" / "outbox.db"
            content = bytearray(file.read_bytes())
            content[1_024:] = b"\xa5" * (len(content) - 1_024)
            file.write_bytes(content)
            await agent.recorder.call(lambda outbox: outbox.file.link.execute("PRAGMA cache_size=0").fetchall())
            for _ in range(10):
                taps.give(10)
                await asyncio.sleep(0.15)
            await until(lambda: bool(hub.events("outbox_corrupt")))
            taps.give(1)
            await until(lambda: float(taps.given) in values(hub))
            assert list((tmp_path / "data").glob("outbox.corrupt-*"))


async def test_a_full_disk_under_way_keeps_events_and_declares_telemetry(tmp_path: Path) -> None:
    with Mosquitto(tmp_path) as broker:
        taps = Taps()
        async with running(Agent(settings(tmp_path, broker.port), max_pages=120), taps) as agent:
            for _ in range(30):
                taps.give(100)
                await asyncio.sleep(0.12)
            assert taps.sink is not None
            for index in range(50):
                taps.sink.event("door", "contact", {"open": bool(index % 2)})
            await until(lambda: not agent.recorder.pending())
            given_up = await agent.recorder.call(lambda outbox: outbox.maintain(agent._timepiece.boottime_ms()))
            agent.dispatch.given_up(Stream.TELE, given_up)
            with SmallHub(broker.port) as hub:
                await until(lambda: len(hub.events("contact")) == 50)
                await until(lambda: not agent.dispatch.windows[Stream.TELE].again and not agent.recorder.pending())

                def accounted() -> bool:
                    declared = sum(
                        last - first + 1 for entry in hub.dropped["tele"].values() for first, last, _ in entry
                    )
                    return bool(declared + len(hub.stored()) == 3_000)

                await until(accounted, what="every reading is stored or declared")
                assert {reason for entry in hub.dropped["tele"].values() for _, _, reason in entry} == {"disk"}


async def test_pending_sends_only_the_state_and_asks_again(tmp_path: Path) -> None:
    with Mosquitto(tmp_path) as broker, SmallHub(broker.port) as hub:
        hub.status = {"status": "pending", "retry_s": 1.0}
        taps = Taps()
        async with running(Agent(settings(tmp_path, broker.port)), taps):
            taps.give(3)
            await until(lambda: len(hub.states) >= 3, what="asks again")
            assert not hub.batches
            hub.status = {}
            await until(lambda: len(hub.stored()) == 3)


def co2(body: dict[str, Any]) -> list[float | None]:
    return [row.get("v", {}).get("co2_ppm") for row in body["rows"]]


async def test_a_message_the_hub_cannot_read_does_not_stop_the_pipe(tmp_path: Path) -> None:
    with Mosquitto(tmp_path) as broker, SmallHub(broker.port) as hub:
        hub.refuse_decoding = lambda body: 2 in co2(body)
        taps = Taps()
        async with running(Agent(settings(tmp_path, broker.port)), taps):
            for value in (1, 2, 3):  # each in a batch of its own
                taps.give(1)
                await until(lambda value=value: any(value in co2(body) for _, _, body in hub.batches))  # type: ignore[misc]
            await until(lambda: values(hub) == [1, 3])
            await until(lambda: any(entry for entry in hub.dropped["tele"].values()))
            assert next(iter(hub.dropped["tele"].values())) == [[2, 2, "rejected"]]


def test_starts_and_ends_without_anything_there(tmp_path: Path) -> None:
    toml = edge_toml(tmp_path, Mosquitto(tmp_path).port)
    began_s = time.monotonic()
    with agent_process(toml, 1, 10) as agent:
        read_until(agent.stdout, "durable 10")
        agent.terminate()
        assert agent.wait(PATIENCE_S) == 0
    assert time.monotonic() - began_s < promised_s(12)
