"""What a careless or broken sender puts on the broker: repeated, poisoned, oversized, of another version, misnamed."""

import hashlib
import json
import time
from collections.abc import Iterator
from typing import Any

import paho.mqtt.client as mqtt
import pytest
from paho.mqtt.enums import CallbackAPIVersion

from tests.failure.stand import SCHOOL, Stand, wait_until
from tests.patience import PATIENCE_S
from tests.protocol.gateway import Gateway, now


@pytest.fixture
def gateway(stand: Stand) -> Iterator[Gateway]:
    sender = Gateway(stand.broker.port, SCHOOL, f"h{stand.place}")
    assert sender.wait_for_hub(), stand.hub.text()[-2000:]
    yield sender
    sender.stop()


def stored(stand: Stand, device: str = "") -> list[dict[str, Any]]:
    return stand.readings(device or stand.device)


def test_the_same_batch_three_times_and_out_of_order(stand: Stand, gateway: Gateway) -> None:
    for number in range(300):
        gateway.measure(stand.device, {"illuminance_lx": number}, now() - 300 + number)
    batches = [gateway.batch(first, first + 99) for first in (1, 101, 201)]
    for payload in (batches[2], batches[0], batches[2], batches[1], batches[0], batches[1], batches[2], batches[1]):
        gateway.publish(payload)
    assert gateway.settle()
    assert sorted(row["value"] for row in stored(stand)) == list(range(300))
    account = stand.account(f"h{stand.place}")
    assert (account["received"], account["expected"], account["lost"]) == (300, 300, 0)
    assert account["duplicate"] >= 500, account  # more where a slow hub made the gateway send once more


@pytest.mark.parametrize(
    "poison",
    [b"\xff\x00 not json", b'{"v":1}', b'{"v":1,"epoch":"', b"[" * 50_000, b"", b" " * 300_000],
    ids=["bytes", "empty frame", "cut", "deep", "nothing", "oversized"],
)
def test_poison_in_the_middle_of_a_stream(stand: Stand, gateway: Gateway, poison: bytes) -> None:
    first = gateway.measure(stand.device, {"illuminance_lx": 1})
    gateway.publish(gateway.batch(first, first))
    gateway.publish(poison)
    time.sleep(0.01)
    second = gateway.measure(stand.device, {"illuminance_lx": 2})
    gateway.publish(gateway.batch(second, second))
    assert gateway.settle()
    assert [row["value"] for row in stored(stand)] == [1, 2]
    if poison:
        digest = hashlib.sha256(poison).hexdigest()
        wait_until(lambda: digest in json.dumps(stand.web("/api/v1/quarantine")), 5, "poison in quarantine")


def test_one_bad_value_quarantines_only_itself(stand: Stand, gateway: Gateway) -> None:
    gateway.measure(stand.device, {"illuminance_lx": 5, "co2_ppm": -7, "made_up_unit": 3})
    gateway.send()
    assert gateway.settle()
    assert {row["quantity"] for row in stored(stand)} == {"illuminance_lx"}
    entries = json.dumps(stand.web("/api/v1/quarantine"))
    assert "co2_ppm" in entries
    assert "made_up_unit" in entries
    assert stand.account(f"h{stand.place}")["quarantined"] == 2


def test_a_newer_version_is_told_to_wait(stand: Stand, gateway: Gateway) -> None:
    row = gateway.measure(stand.device, {"illuminance_lx": 1})
    newer = json.loads(gateway.batch(row, row)) | {"v": 2}
    gateway.publish(json.dumps(newer).encode())
    wait_until(lambda: gateway.status == "unsupported", 5, "status unsupported")
    assert gateway.rows, "an unsupported row must not be released"
    gateway.send()
    assert gateway.settle()
    assert len(stored(stand)) == 1


def test_an_old_hubs_will_arrives_late(stand: Stand, gateway: Gateway) -> None:
    other = mqtt.Client(CallbackAPIVersion.VERSION2, client_id="old-hub-will")
    other.connect("127.0.0.1", stand.broker.port)
    other.loop_start()
    will = {"v": 1, "hub": "main", "instance": "0000-an-older-one", "online": False, "at": 1}
    other.publish("edu/v1/hub/main/state", json.dumps(will), 1, retain=True).wait_for_publish(PATIENCE_S)
    other.loop_stop()
    wait_until(lambda: gateway.hub_online, 5, "the hub publishes itself online again")
    gateway.measure(stand.device, {"illuminance_lx": 1})
    gateway.send()
    assert gateway.settle()


def test_two_machines_under_one_name_are_noticed(stand: Stand, gateway: Gateway) -> None:
    publisher = mqtt.Client(CallbackAPIVersion.VERSION2, client_id="the-other-machine")
    publisher.connect("127.0.0.1", stand.broker.port)
    publisher.loop_start()
    topic = f"edu/v1/{SCHOOL}/h{stand.place}/state"
    for turn in range(6):
        state = {"v": 1, "online": True, "boot": f"boot-{turn % 2}", "epoch": gateway.epoch, "at": now()}
        publisher.publish(topic, json.dumps(state), 1, retain=True).wait_for_publish(PATIENCE_S)
    publisher.loop_stop()

    def noticed() -> bool:
        return any(entry["id"] == f"h{stand.place}" and entry["two_machines"] for entry in stand.gateways())

    wait_until(noticed, 10, "two machines")


def test_an_unknown_gateway_waits_until_somebody_accepts_it(stand: Stand) -> None:
    stranger = Gateway(stand.broker.port, SCHOOL, "g9")
    try:
        wait_until(lambda: stranger.status == "pending", 10, "status pending")
        stranger.measure("sensor-g9", {"illuminance_lx": 9})
        stranger.send()
        time.sleep(1)
        assert stranger.rows, "rows of a pending gateway must stay with it"
        assert not stored(stand, "sensor-g9")
        assert [entry["id"] for entry in stand.gateways() if entry["status"] == "pending"] == ["g9"]
        stand.command("gateway", "accept", SCHOOL, "g9")

        def accepted() -> bool:
            stranger.publish_state()
            return stranger.status == "ok"

        wait_until(accepted, 15, "accepted")
        stranger.send()
        assert stranger.settle()
        assert [row["value"] for row in stored(stand, "sensor-g9")] == [9]
    finally:
        stranger.stop()


def test_a_gateway_with_a_wrong_clock_is_corrected(stand: Stand, gateway: Gateway) -> None:
    days, began = 14 * 86_400_000, now()
    for number in range(3):
        gateway.measure(stand.device, {"illuminance_lx": number}, now() - days)
        frame = json.loads(gateway.batch(number + 1, number + 1)) | {"sent_at": now() - days}
        gateway.publish(json.dumps(frame).encode())
        time.sleep(0.2)

    def settled() -> bool:
        return not gateway.rows

    wait_until(settled, 10, "corrected rows committed")
    times = [row["time_ms"] for row in stored(stand)]
    assert len(times) == 3
    assert all(began - 1_000 <= at <= now() + 1_000 for at in times), (began, times)


def test_values_from_the_future_never_become_now(stand: Stand, gateway: Gateway) -> None:
    gateway.measure(stand.device, {"illuminance_lx": 1})
    gateway.measure(stand.device, {"illuminance_lx": 2}, now() + 3_600_000)
    gateway.send()
    assert gateway.settle()
    assert [row["value"] for row in stored(stand)] == [1]
    assert stand.shown()[0] == 1
