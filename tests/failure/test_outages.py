"""Uplink, broker, hub and edge fail while data flows: nothing is lost, nothing is stored twice, the account is true."""

import time

import pytest

from tests.failure.stand import GATEWAY, Count, Stand, length, wait_until


def settle(stand: Stand, report: list[Count]) -> Count:
    """Stop feeding, wait until all has arrived, and hold what every one of these tests holds."""
    stand.drain()
    count = stand.count()
    report.append(count)
    assert count.lost == 0, f"{count}; account {stand.account()}"
    assert count.duplicated == 0, f"{count}; account {stand.account()}"
    assert count.worst_time_error_s < 0.05, (count, stand.time_errors())
    account = stand.account()
    assert account["lost"] == 0, account
    assert account["received"] >= count.sent, account
    return count


def start_flowing(stand: Stand) -> None:
    """Edge and feeder run and the first values are in the store."""
    stand.edge.start()
    wait_until(
        lambda: f"{GATEWAY}" in str(online(stand)), 20, f"gateway online; edge log:\n{stand.edge.text()[-2000:]}"
    )
    stand.feeder.start()
    wait_until(lambda: len(stand.stored_now()) > 20, 30, f"first values stored; edge log:\n{stand.edge.text()[-2000:]}")


def online(stand: Stand) -> list[str]:
    return [gateway["id"] for gateway in stand.gateways() if gateway["online"]]


def test_uplink_refused(stand: Stand, report: list[Count]) -> None:
    start_flowing(stand)
    stand.relay.cut()
    time.sleep(length(60))
    stand.relay.restore()
    before = len(stand.stored_now())
    began = time.monotonic()
    wait_until(lambda: len(stand.stored_now()) > before, 30, "data after the uplink's return")
    assert time.monotonic() - began < 20
    settle(stand, report)


def test_uplink_refused_and_the_gateway_killed(stand: Stand, report: list[Count]) -> None:
    start_flowing(stand)
    stand.relay.cut()
    time.sleep(length(30))
    stand.edge.kill()
    stand.edge.start()
    time.sleep(length(30))
    stand.relay.restore()
    settle(stand, report)


def test_black_hole(stand: Stand, report: list[Count]) -> None:
    start_flowing(stand)
    stand.relay.black_hole()
    time.sleep(length(45))
    stand.relay.restore()
    settle(stand, report)


@pytest.mark.parametrize("stand", [{"persistent_broker": True}, {}], indirect=True, ids=["data kept", "data lost"])
def test_broker_killed(stand: Stand, report: list[Count]) -> None:
    start_flowing(stand)
    stand.broker.kill()
    time.sleep(length(30))
    stand.broker.start()
    settle(stand, report)


def test_hub_killed_in_the_middle_of_commits(stand: Stand, report: list[Count]) -> None:
    start_flowing(stand)
    for _ in range(3):
        stand.hub.kill()
        time.sleep(length(20) / 3)
        stand.hub.start()
        stand.wait_ready()
        wait_until(lambda: online(stand) == [GATEWAY], 30, "gateway online again")
    settle(stand, report)


def test_edge_killed_with_a_full_outbox(stand: Stand, report: list[Count]) -> None:
    start_flowing(stand)
    stand.hub.stop()
    time.sleep(length(60))
    stand.edge.kill()
    stand.edge.start()
    time.sleep(1)
    stand.hub.start()
    stand.wait_ready()
    settle(stand, report)


def test_start_without_network(stand: Stand, report: list[Count]) -> None:
    stand.relay.cut()
    stand.edge.start()
    time.sleep(2)  # the agent must have subscribed to its local broker before anything is published there
    stand.feeder.start()
    time.sleep(length(30))
    stand.relay.restore()
    settle(stand, report)


def test_late_data_is_never_shown_as_now(stand: Stand, report: list[Count]) -> None:
    start_flowing(stand)
    stand.relay.cut()
    cut_at = max(stand.feeder.sent.values())
    time.sleep(length(60))
    assert stand.shown()[1] <= cut_at + 2_000
    stand.relay.restore()
    newest = 0
    end = time.monotonic() + 5
    while time.monotonic() < end:
        _, at = stand.shown()
        assert at >= newest, "the wall went back in time"
        newest = at
        time.sleep(0.1)
    settle(stand, report)


def test_sigterm_drains(stand: Stand, report: list[Count]) -> None:
    start_flowing(stand)
    stand.feeder.stop()
    assert stand.edge.stop() == 0
    assert stand.hub.stop() == 0
    stand.hub.start()
    stand.wait_ready()
    stand.edge.start()
    settle(stand, report)
