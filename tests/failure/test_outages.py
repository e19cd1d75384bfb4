"""Uplink, broker, hub and edge fail while data flows: nothing is lost, nothing is stored twice, the account is true."""

import time

import pytest

from tests.failure.outages import hold, online, settle, start_flowing
from tests.failure.stand import GATEWAY, Count, Stand, length, wait_until
from tests.patience import promised_s


def test_uplink_refused(stand: Stand, report: list[Count]) -> None:
    """And while it is, the wall goes on saying how old its last value is."""
    start_flowing(stand)
    stand.relay.cut()
    cut_ms = time.time_ns() // 1_000_000
    time.sleep(length(60))
    assert stand.shown()[1] <= cut_ms
    stand.relay.restore()
    before, began = len(stand.stored_now()), time.monotonic()
    wait_until(lambda: len(stand.stored_now()) > before, 30, "data after the uplink's return")
    assert time.monotonic() - began < promised_s(20)
    settle(stand, report)


def test_uplink_refused_and_the_gateway_killed(stand: Stand, report: list[Count]) -> None:
    start_flowing(stand)
    stand.relay.cut()
    time.sleep(length(30))
    stand.edge.kill()
    stand.edge.start()
    time.sleep(length(30))
    stand.relay.restore()
    settle(stand, report, starts=1)


def test_black_hole(stand: Stand, report: list[Count]) -> None:
    start_flowing(stand)
    stand.relay.black_hole()
    time.sleep(length(45))
    stand.relay.restore()
    settle(stand, report)


@pytest.mark.parametrize("data", ["kept", "lost"])
def test_broker_killed(stand: Stand, report: list[Count], data: str) -> None:
    start_flowing(stand)
    stand.broker.kill()
    if data == "lost":
        stand.broker.wipe()
    time.sleep(length(30))
    stand.broker.start()
    settle(stand, report)


def test_hub_killed_in_the_middle_of_commits(stand: Stand, report: list[Count]) -> None:
    start_flowing(stand)
    for _ in range(3):
        stand.hub.kill()
        time.sleep(length(20) / 3)
        stand.hub.start()
        stand.wait_ready(60)
        wait_until(lambda: online(stand) == [GATEWAY], 30, "gateway online again")
        stored = len(stand.stored_now())
        wait_until(lambda: len(stand.stored_now()) > stored, 30, "commits again")  # noqa: B023  # called at once
    settle(stand, report)


def test_edge_killed_with_a_full_outbox(stand: Stand, report: list[Count]) -> None:
    start_flowing(stand)
    stand.hub.stop()
    time.sleep(length(60))
    stand.edge.kill()
    time.sleep(length(20))  # messages wait at the gateway's own broker
    stand.edge.start()
    stand.hub.start()
    stand.wait_ready(60)
    settle(stand, report, starts=1)


@pytest.mark.parametrize("clock", ["known", "unknown"])
def test_start_without_network(stand: Stand, report: list[Count], clock: str) -> None:
    """Without a clock too: the wall clock is years behind, and nothing but the hub can tell the time."""
    if clock == "unknown":
        stand.edge.environment = stand.fake_clock(-2_000 * 86_400)
        stand.write_edge("edge", stand.relay.port, trust="hub")
        stand.feeder.carries_time = False  # a bridge on that machine would be as wrong as its clock
    stand.relay.cut()
    stand.edge.start()
    wait_until(lambda: stand.edge.said("z2m: connected to 127.0.0.1"), 20, "subscribed to its own broker")
    stand.feeder.start()
    time.sleep(length(30))
    assert not stand.stored_now()
    stand.relay.restore()
    if clock == "known":
        settle(stand, report)
        return
    wait_until(lambda: bool(stand.stored_now()), 30, "data once the hub's time is known")
    assert stand.gateway()["clock"] == "hub"
    error_s = promised_s(2.5)  # stamped when read, and by a clock that came over the network
    settle(stand, report, exact_s=error_s)
    assert max(stand.time_errors().values()) < error_s * 1000


def test_sigterm_drains(stand: Stand, report: list[Count]) -> None:
    start_flowing(stand)
    stand.feeder.stop()
    assert stand.edge.stop() == 0
    assert stand.hub.stop() == 0
    stand.hub.start()
    stand.wait_ready(60)
    assert max(stand.feeder.sent) in stand.stored_now(), "what was on its way is stored before the end"
    stand.edge.start()
    settle(stand, report)


def test_what_a_bridge_says_again_after_its_restart_is_not_shown_as_now(stand: Stand, report: list[Count]) -> None:
    """Zigbee2MQTT publishes its cached states anew when it starts, with their old `last_seen`."""
    start_flowing(stand)
    stand.feeder.pause()
    newest = max(stand.feeder.sent)
    wait_until(stand.newest_stored, 20, "all stored")
    stand.feeder.send({"illuminance": newest, "last_seen": stand.feeder.sent[newest], "linkquality": 77})
    stand.feeder.send({"illuminance": 1, "last_seen": stand.feeder.sent[1] - 3_600_000})
    stand.feeder.resume()
    hold(stand, 2)
    stored = stand.stored_now()
    assert stored[newest][0] == stand.feeder.sent[newest]
    assert stand.feeder.sent[1] - 3_600_000 in stored.pop(1)
    settle(stand, report, repeats=2, twice={1, newest})
